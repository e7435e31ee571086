#!/usr/bin/env node
const { existsSync, readFileSync } = require('node:fs')
const { dirname, join } = require('node:path')

const argv = process.argv.slice(2)
const root = dirname(__dirname)
const dist = join(root, 'dist')

if (argv[0] === '--version' || argv[0] === 'version') {
  // The quickest answer there is: nothing but package.json is read.
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const json = argv.includes('--json')
  process.stdout.on('error', ({ code, message }) => {
    if (code === 'EPIPE') return
    process.stderr.write(`Error: ${message}\n`)
    process.exitCode = 1
  })
  process.stdout.write(
    json
      ? `${JSON.stringify({ version })}\n`
      : `azlin/${version} ${process.platform}-${process.arch} node-${process.version}\n`,
  )
} else if (existsSync(join(dist, 'main.js'))) {
  const { requireFrom, warmScript } = require('./warm.js')
  const script = warmScript(dist)
  const azlin = script ? requireFrom(script, dist)('main.js') : require(join(dist, 'main.js'))
  azlin.main(argv, root)
} else {
  process.stderr.write('azlin is not built yet. In its folder, run: npm ci && npm run build\n')
  process.exitCode = 1
}
