/** Writes docs/errors.md from the catalogue of errors. With --check it writes nothing and fails when the page is out of date. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { Problem, root, script } from './steps.js'

const page = join(root, 'docs/errors.md')

/** Details of any error: each is its own name, and a list of one. */
const details = new Proxy(
  {},
  { get: (_, name) => Object.assign(new String(`<${String(name)}>`), { join: () => `<${String(name)}>` }) },
)

await script(async () => {
  const { AzlinError, exitCodes } = await compiled(
    "export * from './src/core/errors'; export * from './src/exit-codes'",
  )
  const rows = Object.entries(exitCodes).map(([code, exit]) => {
    const { message, hint, retryable } = new AzlinError(code, details)
    return `| \`${code}\` | ${exit} | ${cell(message)} | ${cell(hint)} | ${retryable ? 'yes' : ''} |`
  })
  const text = `# Errors

Every failure azlin can explain. A code never changes its meaning; scripts may match on it. Words in \`<…>\` are filled in.
Written by \`npm run docs\` from \`src/core/errors.ts\`.

| code | exit | message | hint | another try may help |
|---|---|---|---|---|
${rows.join('\n')}
`
  if (!process.argv.includes('--check')) return writeFileSync(page, text)
  if (readFileSync(page, 'utf8') !== text)
    throw new Problem('docs/errors.md is out of date: npm run docs writes it anew.')
})

async function compiled(contents) {
  const options = { bundle: true, write: false, format: 'esm', platform: 'node' }
  const { outputFiles } = await build({ ...options, stdin: { contents, resolveDir: root } })
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`)
}

function cell(text) {
  return text.replaceAll('"<', '<').replaceAll('>"', '>').replaceAll('|', '\\|').replaceAll('<', '\\<')
}
