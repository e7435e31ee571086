import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { SandboxControl } from '../../src/sandbox/control-client.js'
import { azlin, documentOf, freshHome, type Surroundings } from '../support/azlin.js'

interface Status {
  readonly url: string
  readonly pid: number
  readonly now: string
  readonly alreadyRunning?: boolean
}

let around: Surroundings
let remove: () => Promise<void>
beforeEach(async () => {
  const fresh = await freshHome()
  around = { home: fresh.home }
  remove = fresh.remove
})
afterEach(async () => {
  await run('sandbox', 'stop')
  await remove()
})

const run = (...args: string[]) => azlin(args, around)

describe('azlin sandbox', () => {
  it('starts, says so when it runs already, moves its clock, and stops', async () => {
    expect((await run('sandbox', 'status', '--json')).code).toBe(4)

    const started = documentOf<Status>(await run('sandbox', 'start', '--json'))
    expect(started).toMatchObject({ url: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/), alreadyRunning: false })
    const again = documentOf<Status>(await run('sandbox', 'start', '--json'))
    expect(again).toMatchObject({ pid: started.pid, alreadyRunning: true })

    const before = documentOf<Status>(await run('sandbox', 'status', '--json'))
    const after = documentOf<Status>(await run('sandbox', 'advance', '7d', '--json'))
    const days = (Date.parse(after.now) - Date.parse(before.now)) / 86_400_000
    expect(days).toBeGreaterThanOrEqual(7)
    expect(days).toBeLessThan(7.01)

    expect((await run('sandbox', 'reset')).code).toBe(0)
    expect(documentOf(await run('sandbox', 'stop', '--json'))).toEqual({ stopped: true })
    expect((await run('sandbox', 'status')).code).toBe(4)
    expect(documentOf(await run('sandbox', 'stop', '--json'))).toEqual({ stopped: false })
  })

  it('is stopped only when it has written its last, and what was in it is there again', async () => {
    const { pid } = documentOf<Status>(await run('sandbox', 'start', '--json'))
    expect((await run('backup', 'configure', 'web-1', '--cloud', 'sandbox', '-g', 'demo-rg')).code).toBe(0)
    const home = join(around.home, '.azlin/sandbox')
    const control = await SandboxControl.connect(home)
    expect(control?.connection.pid).toBe(pid)
    await control?.stop()
    expect(existsSync(join(home, 'connection.json'))).toBe(false)
    expect(readFileSync(join(home, 'sandbox.log'), 'utf8').trimEnd()).toMatch(/ stopped$/)

    expect(documentOf<Status>(await run('sandbox', 'start', '--json')).pid).not.toBe(pid)
    const shown = await run('backup', 'config-show', 'web-1', '--cloud', 'sandbox', '-g', 'demo-rg', '--json')
    expect(documentOf(shown)).toMatchObject({ enabled: true })
  })

  it('tells a newcomer what to type next', async () => {
    const { code, stdout } = await run('sandbox', 'start')
    expect(code).toBe(0)
    expect(stdout).toContain('export AZLIN_CLOUD=sandbox AZLIN_RESOURCE_GROUP=demo-rg')
    expect(stdout).toContain('azlin backup trigger web-1')
  })

  it('is one sandbox also when it is started twice at the same moment', async () => {
    const both = await Promise.all([run('sandbox', 'start', '--json'), run('sandbox', 'start', '--json')])
    const [one, other] = both.map((ended) => documentOf<Status>(ended))
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(one?.pid).toBe(other?.pid)
  })

  it('says why it could not start', async () => {
    const { url } = documentOf<Status>(await run('sandbox', 'start', '--json'))
    const second = await freshHome()
    try {
      const ended = await azlin(['sandbox', 'start', '--port', new URL(url).port], { home: second.home })
      expect(ended.code).toBe(1)
      expect(ended.stderr).toContain('EADDRINUSE')
    } finally {
      await second.remove()
    }
  })

  it('names the folder that it cannot use, and what is in the way', async () => {
    const file = join(around.home, 'file')
    writeFileSync(file, '')
    const ended = await azlin(['sandbox', 'start', '--json'], { ...around, env: { AZLIN_HOME: file } })
    const message = expect.stringMatching(/file\/sandbox cannot be used \(a part of its path is no folder\)/)
    expect(documentOf(ended)).toMatchObject({ error: { code: 'SANDBOX_FAILED', message } })
  })

  it('is wanted by every command that is told to use it', async () => {
    const ended = await run('backup', 'list', 'web-1', '--cloud', 'sandbox')
    expect(ended.code).toBe(4)
    expect(ended.stderr).toContain('azlin sandbox start')
  })
})
