#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const argv = process.argv.slice(2)

if (argv[0] === '--version' || argv[0] === 'version') {
  // The quickest answer there is: nothing but package.json is read.
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const json = argv.includes('--json')
  process.stdout.write(
    json
      ? `${JSON.stringify({ version })}\n`
      : `azlin/${version} ${process.platform}-${process.arch} node-${process.version}\n`,
  )
} else if (existsSync(new URL('../dist/main.js', import.meta.url))) {
  const { main } = await import('../dist/main.js')
  await main(argv, fileURLToPath(new URL('..', import.meta.url)))
} else {
  process.stderr.write('azlin is not built yet. In its folder, run: npm ci && npm run build\n')
  process.exitCode = 1
}
