import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

const quiet = {
  numPassedTests: 7,
  numFailedTests: 0,
  numRuntimeErrorTestSuites: 0,
  numPendingTests: 0,
  numTodoTests: 0,
}

describe('the closing line of .ci/run', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'azlin-count-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function line(results: object | undefined, ended: number): Promise<string> {
    const file = join(folder, 'results.json')
    await rm(file, { force: true })
    if (results) await writeFile(file, JSON.stringify(results))
    const { stdout } = await promisify(execFile)(process.execPath, ['scripts/count-tests.js', file, String(ended)])
    return stdout
  }

  it.each([
    ['counts what passed', quiet, 0, '7 passed, 0 failed\n'],
    ['counts what failed', { ...quiet, numFailedTests: 2 }, 1, '7 passed, 2 failed\n'],
    ['counts a file that could not run', { ...quiet, numRuntimeErrorTestSuites: 1 }, 1, '7 passed, 1 failed\n'],
    ['names what was skipped', { ...quiet, numPendingTests: 3, numTodoTests: 1 }, 0, '7 passed, 0 failed, 4 skipped\n'],
    ['never looks like success when npm test failed', quiet, 1, '7 passed, 1 failed\n'],
    ['says that one failed when jest never ran', undefined, 1, '0 passed, 1 failed\n'],
  ])('%s', async (_, results, ended, expected) => {
    expect(await line(results, ended)).toBe(expected)
  })
})
