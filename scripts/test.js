/**
 * `npm test`: everything that must hold, from a fresh clone on. Stops at the first step that fails.
 * What is given after `--` goes to jest: `npm test -- build/test/core`.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setUp } from './setup.js'
import { root, runPackage, script, step } from './steps.js'

const results = 'test-results.json'

await script(async () => {
  rmSync(join(root, results), { force: true })
  await setUp()
  await step('types', compile)
  await step('lint and format', () => runPackage('@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.']))
  await step('who imports whom', () =>
    runPackage('dependency-cruiser/bin/dependency-cruise.mjs', ['--config', '.dependency-cruiser.mjs', 'src']),
  )
  await step('unused files, exports and packages', () => runPackage('knip/bin/knip.js', []))
  await step('tests', test)
})

async function compile() {
  dropLeftovers('build')
  await runPackage('typescript/bin/tsc', ['-p', 'tsconfig.json'])
}

/** A test that was deleted or renamed must not run on from its compiled file. */
function dropLeftovers(folder) {
  for (const part of ['src', 'test']) {
    const path = join(root, folder, part)
    if (!existsSync(path)) continue
    for (const entry of readdirSync(path, { recursive: true })) {
      const source = join(root, part, entry.replace(/\.js(\.map)?$/, '.ts'))
      if (/\.js(\.map)?$/.test(entry) && !existsSync(source)) rmSync(join(path, entry))
    }
  }
}

function test() {
  const args = ['--maxWorkers=2', '--json', `--outputFile=${results}`, ...process.argv.slice(2)]
  return runPackage('jest/bin/jest.js', args, {
    env: { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules`.trim() },
    failed: 'Some tests failed.',
  })
}
