/** Output that goes to a disk that is full: a log must not end the work, and a result must not vanish unsaid. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { environment, program } from '../support/azlin.js'
import { Sandboxed } from '../support/sandboxed.js'

const snapshots = 'Microsoft.Compute/snapshots'
const full = '/dev/full'

let azure: Sandboxed
beforeEach(async () => {
  azure = await Sandboxed.start()
  await azure.ok('backup', 'configure', 'web-1')
})
afterEach(() => azure.stop())

async function into(redirection: string, ...args: string[]) {
  const env = environment(azure.around)
  const child = spawn('sh', ['-c', `exec "$0" "$@" ${redirection}`, process.execPath, program, ...args], { env })
  const texts = { stdout: '', stderr: '' }
  child.stdout.on('data', (text) => {
    texts.stdout += text
  })
  child.stderr.on('data', (text) => {
    texts.stderr += text
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  return { code, ...texts }
}

const withFull = existsSync(full) ? describe : describe.skip

withFull('a disk that is full', () => {
  it('under the log stops neither a backup nor a restore', async () => {
    const taken = await into(`2>${full}`, 'backup', 'trigger', 'web-1', '--verbose')
    expect(taken).toMatchObject({ code: 0, stdout: expect.stringContaining('monthly backup of web-1') })
    const [name = ''] = azure.names(snapshots)
    const restored = await into(`2>${full}`, 'backup', 'restore', 'web-1', '--backup', name, '--yes')
    expect(restored).toMatchObject({ code: 0, stdout: expect.stringContaining(`web-1 runs from ${name}`) })
  })

  it('under the result is a failure that says so, after the work', async () => {
    for (const json of [[], ['--json']]) {
      const { code, stderr } = await into(`>${full}`, 'backup', 'trigger', 'web-1', ...json)
      expect(code).toBe(1)
      expect(stderr).toContain('The result could not be written to standard output: ENOSPC')
      expect(stderr).not.toContain('    at ')
    }
    expect(azure.names(snapshots)).toHaveLength(2)
  })

  it('does not change how a command ends that failed by itself', async () => {
    expect((await into(`>${full}`, 'backup', 'list', 'nobody', '--json')).code).toBe(4)
    expect((await into(`2>${full}`, 'backup', 'list', 'nobody')).code).toBe(4)
  })
})
