import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { azlin, documentOf, start } from '../support/azlin.js'
import { rawDatabase } from '../support/raw-database.js'
import { Sandboxed } from '../support/sandboxed.js'
import { expectSoon } from '../support/soon.js'

interface Failure {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string }
}
const snapshots = 'Microsoft.Compute/snapshots'
const disks = 'Microsoft.Compute/disks'

let azure: Sandboxed
beforeEach(async () => {
  azure = await Sandboxed.start()
})
afterEach(() => azure.stop())

const database = () => join(azure.around.home, '.azlin', 'azlin.db')

/** As an outside script has it: the public cloud's name, and all the rest in the environment. */
const outside = () => ({
  AZURE_SUBSCRIPTION_ID: azure.sandbox.subscriptionId,
  AZLIN_RESOURCE_GROUP: 'demo-rg',
  AZLIN_ARM_ENDPOINT: azure.sandbox.url,
  AZLIN_POLL_INTERVAL_MS: '20',
  NODE_EXTRA_CA_CERTS: azure.sandbox.caFile,
  IDENTITY_ENDPOINT: azure.sandbox.identityEndpoint,
  IDENTITY_HEADER: azure.sandbox.identityHeader,
})

describe('the way to Azure', () => {
  it('is open to whoever has an endpoint, a managed identity and a certificate in the environment', async () => {
    const around = { home: azure.around.home, env: outside() }
    const { code, stdout } = await azlin(['backup', 'configure', 'web-1', '--json'], around)
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('"dailyRetention": 7') })
  })

  it('ends with 4 and a way to sign in when there is no account', async () => {
    const { IDENTITY_ENDPOINT: _e, IDENTITY_HEADER: _h, ...rest } = outside()
    // Without this the credential would ask the machine's own metadata address.
    const env = { ...rest, AZURE_TOKEN_CREDENTIALS: 'EnvironmentCredential' }
    const ended = await azlin(['backup', 'list', 'web-1', '--json'], { home: azure.around.home, env })
    expect(documentOf<Failure>(ended).error).toMatchObject({
      code: 'NOT_SIGNED_IN',
      hint: expect.stringContaining('az login'),
    })
    expect(ended.code).toBe(4)
  })

  it('says what is wrong with a managed identity that the environment names', async () => {
    const cases: readonly (readonly [object, RegExp])[] = [
      [{ IDENTITY_HEADER: 'wrong' }, /the managed identity was refused: .*header/],
      [{ NODE_EXTRA_CA_CERTS: '' }, /certificate is not trusted/],
    ]
    for (const [change, words] of cases) {
      // Those alone: the others of the chain would run programs.
      const env = { ...outside(), AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential', ...change }
      const ended = await azlin(['backup', 'list', 'web-1', '--json'], { home: azure.around.home, env })
      expect(documentOf<Failure>(ended).error).toMatchObject({
        code: 'NOT_SIGNED_IN',
        message: expect.stringMatching(words),
      })
      expect(ended.code).toBe(4)
    }
  })

  it('ends with 1 and a hint when nobody answers', async () => {
    const env = { ...outside(), AZLIN_ARM_ENDPOINT: 'https://127.0.0.1:9' }
    const ended = await azlin(['backup', 'list', 'web-1', '--json'], { home: azure.around.home, env })
    expect(documentOf<Failure>(ended).error).toMatchObject({
      code: 'NETWORK',
      hint: expect.stringContaining('AZLIN_ARM_ENDPOINT'),
    })
    expect(ended.code).toBe(1)
  })

  it('ends with 1 and a word where Node.js has nothing left to wait for, and no answer came', async () => {
    const hook = join(azure.around.home, 'hook.cjs')
    const lost = "require('node:https').request = () => ({ once() {}, on() {}, end() {}, destroy() {} })"
    await writeFile(hook, `${lost}; const wait = setTimeout; globalThis.setTimeout = (...of) => wait(...of).unref()`)
    const env = { ...outside(), NODE_OPTIONS: `--require ${hook}` }
    const ended = await azlin(['backup', 'list', 'web-1', '--json'], { home: azure.around.home, env })
    expect(documentOf<Failure>(ended).error).toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('nothing is left that could bring an answer'),
    })
    expect(ended.code).toBe(1)
  })

  it.each([
    ['backup', 'list', 'nobody'],
    ['backup', 'trigger', 'nobody'],
    ['backup', 'list', 'web-1', '-g', 'no-such-group'],
    ['backup', 'trigger', 'web-1'],
    ['backup', 'restore', 'web-1', '--backup', 'web-1-backup-daily-20200101-010203', '--yes'],
    ['snapshot', 'delete', 'nothing', '--yes'],
    ['snapshot', 'status', 'web-1'],
  ])('ends with 4 when what is named is not there: %s %s %s', async (...args) => {
    const ended = await azure.run(...args, '--json')
    expect(documentOf<Failure>(ended).error.hint).toMatch(/\S/)
    expect(ended.code).toBe(4)
    expect(await azure.changes()).toEqual([])
  })

  it('shows each request with --verbose, and no secret', async () => {
    const { stderr, stdout } = await azure.run('backup', 'list', 'web-1', '--verbose')
    expect(stderr).toMatch(/GET \/subscriptions\/\S+ 200 \d+ ms/)
    const secrets = [azure.sandbox.identityHeader, 'Bearer', 'eyJ']
    for (const secret of secrets) expect(stdout + stderr).not.toContain(secret)
  })

  it('is not taken at all for a line that cannot be meant', async () => {
    const lines = [
      ['backup', 'configure', 'web 1'],
      ['backup', 'configure', 'web-1', '--daily-retention', '-1'],
      ['backup', 'trigger', 'web-1', '--tier', 'hourly'],
      ['backup', 'restore', 'web-1', '--at', 'noon', '--yes'],
      ['snapshot', 'delete', 'x/y', '--yes'],
      ['cleanup'],
    ]
    for (const line of lines) expect((await azure.run(...line)).code).toBe(2)
    expect(await azure.requests()).toBe(0)
  })
})

describe('Ctrl-C', () => {
  it('during a backup leaves no part of it behind and ends with 130', async () => {
    await azure.ok('backup', 'configure', 'db-1')
    await azure.fault({ kind: 'delay', ms: 3_000, method: 'PUT', path: '/snapshots/' })
    const running = azure.begin('backup', 'trigger', 'db-1')
    await expectSoon(() => azure.struck)
    running.child.kill('SIGINT')
    const { code, stdout, stderr } = await running.ended
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
    expect(stderr).toContain('Interrupted')
    expect(azure.names(snapshots)).toEqual([])
    await azure.clearFaults()
    expect((await azure.run('backup', 'trigger', 'db-1')).code).toBe(0)
  })

  it('when the backup stands leaves it, prints it, and ends with 130: its copies and the cleanup were not begun', async () => {
    await azure.ok('backup', 'configure', 'web-1')
    await azure.fault({ kind: 'delay', ms: 1_000, method: 'PATCH', path: '/virtualMachines/web-1/' })
    const running = azure.begin('backup', 'trigger', 'web-1', '--json')
    await expectSoon(() => azure.struck)
    running.child.kill('SIGINT')
    const ended = await running.ended
    expect(ended.code).toBe(130)
    expect(documentOf<{ snapshotName: string }>(ended).snapshotName).toBe(azure.names(snapshots)[0])
  })

  it('during a restore leaves the VM with its old disks, running', async () => {
    await azure.ok('backup', 'configure', 'web-1')
    const { snapshotName } = await azure.ok<{ snapshotName: string }>('backup', 'trigger', 'web-1')
    const before = azure.names(disks)
    await azure.fault({ kind: 'delay', ms: 2_000, method: 'POST', path: '/deallocate', times: 1 })
    const running = azure.begin('backup', 'restore', 'web-1', '--backup', snapshotName, '--yes', '--json')
    await expectSoon(async () =>
      (await azure.changes()).some((line) => line.startsWith('PUT') && line.includes('/disks/')),
    )
    running.child.kill('SIGTERM')
    const ended = await running.ended
    expect(ended.code).toBe(130)
    expect(documentOf<Failure>(ended).error.code).toMatch(/INTERRUPTED|RESTORE_ROLLED_BACK/)
    expect(azure.names(disks).sort()).toEqual(before.sort())
    expect(await azure.ok('cleanup', '--dry-run')).toMatchObject({ removed: [], left: [] })
  })

  it('twice leaves at once, and says what does the rest', async () => {
    await azure.ok('backup', 'configure', 'web-1')
    await azure.fault({ kind: 'delay', ms: 4_000, method: 'PUT', path: '/snapshots/' })
    const running = azure.begin('backup', 'trigger', 'web-1', '--json')
    await expectSoon(() => azure.struck)
    running.child.kill('SIGINT')
    await running.said('Ctrl-C again')
    running.child.kill('SIGINT')
    const left = performance.now()
    const ended = await running.ended
    expect(ended.code).toBe(130)
    expect(performance.now() - left).toBeLessThan(2_000)
    const hint = expect.stringContaining('azlin cleanup')
    expect(documentOf<Failure>(ended).error).toMatchObject({ code: 'INTERRUPTED', hint })
    // What was sent goes on without it.
    await expectSoon(() => azure.names(snapshots).length === 1)
  })

  it('ends `run --every`, which goes on by itself until then', async () => {
    await azure.ok('backup', 'configure', 'web-1')
    const running = azure.begin('backup', 'run', '--all', '--every', '1h')
    await expectSoon(() => azure.names(snapshots).length > 0)
    await new Promise((resolve) => setTimeout(resolve, 500))
    running.child.kill('SIGINT')
    const { code, stdout } = await running.ended
    expect(code).toBe(130)
    expect(stdout).toContain('web-1: taken.')
  })
})

describe('the database', () => {
  it('is for its owner alone', async () => {
    await azure.ok('backup', 'configure', 'web-1')
    await azure.ok('backup', 'trigger', 'web-1')
    expect((await stat(database())).mode & 0o777).toBe(0o600)
    expect((await stat(dirname(database()))).mode & 0o777).toBe(0o700)
    for (const secret of [azure.sandbox.identityHeader, 'eyJ'])
      expect((await readFile(database())).includes(secret)).toBe(false)
  })

  it('that cannot be used stops what must be written down first, and nothing is sent', async () => {
    await azure.ok('backup', 'configure', 'web-1')
    await writeFile(database(), 'this is no database, but it is long enough to be taken for one '.repeat(20))
    const sent = await azure.requests()
    const ended = await azure.run('backup', 'trigger', 'web-1', '--json')
    expect(documentOf<Failure>(ended).error).toMatchObject({
      code: 'DATABASE_UNUSABLE',
      message: expect.stringContaining(database()),
    })
    expect({ code: ended.code, sent: await azure.requests() }).toEqual({ code: 1, sent })
  })

  it('that cannot be used stops neither listing nor restoring', async () => {
    await azure.ok('backup', 'configure', 'web-1')
    const { snapshotName } = await azure.ok<{ snapshotName: string }>('backup', 'trigger', 'web-1')
    await writeFile(database(), 'this is no database, but it is long enough to be taken for one '.repeat(20))
    const listed = await azure.run('backup', 'list', 'web-1', '--json')
    expect({ code: listed.code, stderr: listed.stderr }).toEqual({ code: 0, stderr: '' })
    const restored = await azure.run('backup', 'restore', 'web-1', '--backup', snapshotName, '--yes', '--json')
    expect(documentOf(restored)).toMatchObject({ vmName: 'web-1' })
    expect(restored.stderr).toContain(`${database()} cannot be used: it is not a database. Going on without it.`)
  })

  it('that can be read, and not be written to, stops no restore', async () => {
    await azure.ok('backup', 'configure', 'web-1')
    const { snapshotName } = await azure.ok<{ snapshotName: string }>('backup', 'trigger', 'web-1')
    const raw = rawDatabase(database())
    for (const table of ['audit', 'journal', 'turns'])
      raw.exec(`create trigger no_${table} before insert on ${table} begin select raise(abort, 'no room for it'); end`)
    raw.close()
    const restored = await azure.run('backup', 'restore', 'web-1', '--backup', snapshotName, '--yes', '--json')
    expect(documentOf(restored)).toMatchObject({ vmName: 'web-1', previousDisks: ['web-1_OsDisk_1'] })
    expect(restored.stderr).toContain(`${database()} cannot be used: no room for it. Going on without it.`)
  })

  it('is not even made for a listing', async () => {
    await azure.ok('backup', 'list', 'web-1')
    await expect(stat(database())).rejects.toThrow('ENOENT')
  })
})

describe('a pipe', () => {
  it('gets a long document whole, also when its reader is slow', async () => {
    const home = join(azure.around.home, '.azlin')
    await mkdir(home, { recursive: true })
    await azure.ok('snapshot', 'create', 'web-1')
    const [one] = azure.sandbox.world.list(snapshots)
    if (!one) throw new Error('There is no snapshot to copy.')
    for (let i = 0; i < 1500; i++) {
      const name = `other-${i}`
      const { 'azlin:snapshot': _set, ...tags } = one.tags ?? {}
      azure.sandbox.world.put({ ...one, tags, name, id: one.id.replace(one.name, name) })
    }
    const running = azure.begin('snapshot', 'list', 'web-1', '--json')
    running.child.stdout?.pause()
    setTimeout(() => running.child.stdout?.resume(), 1_500)
    const ended = await running.ended
    expect(ended.code).toBe(0)
    expect(ended.stdout.length).toBeGreaterThan(200_000)
    expect(documentOf<{ snapshots: unknown[] }>(ended).snapshots.length).toBeGreaterThan(1000)
  })

  it('whose reader has gone is no reason for noise', async () => {
    const running = start(['backup', '--help'], azure.around)
    running.child.stdout?.destroy()
    const { code, stderr } = await running.ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

describe('a state folder that cannot be written', () => {
  it('is named', async () => {
    const home = join(azure.around.home, 'locked')
    await mkdir(home)
    await writeFile(join(home, '.azlin'), 'a file where the folder should be')
    const ended = await azlin(['backup', 'trigger', 'web-1', '--json'], { home, env: outside() })
    expect(documentOf<Failure>(ended).error).toMatchObject({
      code: 'DATABASE_UNUSABLE',
      message: expect.stringContaining('.azlin'),
    })
  })
})
