import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { documentOf } from '../support/azlin.js'
import { Sandboxed } from '../support/sandboxed.js'

interface Drill {
  readonly testId: number
  readonly vmName: string
  readonly backupName: string
  readonly startedAt: string
  readonly success: boolean | null
  readonly rtoSeconds: number | null
  readonly phases: readonly { readonly phase: string; readonly outcome: string }[]
}
interface Failure {
  readonly error: { readonly code: string; readonly message: string }
}
const groups = 'Microsoft.Resources/resourceGroups'
const vms = 'Microsoft.Compute/virtualMachines'
const region = 'eastus2'

let azure: Sandboxed
let key: string
beforeAll(async () => {
  azure = await Sandboxed.start()
  key = join(azure.around.home, '.azlin', 'sandbox', 'ssh', 'id_ed25519')
  for (const vm of ['web-1', 'db-1']) {
    await azure.ok('backup', 'configure', vm)
    await azure.ok('backup', 'trigger', vm)
    await azure.ok('backup', 'replicate-all', vm, '--target-region', region)
  }
})
afterEach(() => azure.clearFaults())
afterAll(() => azure.stop())

/** Everything that a drill might leave, and nothing that was there before. */
const left = () => [...azure.names(groups), ...azure.names(vms)].filter((name) => /-dr-|azlin-dr/.test(name))

describe('a drill', () => {
  it('restores a copy, sees it boot and answer SSH, and leaves nothing, in JSON as the contract has it', async () => {
    const drill = await azure.ok<Drill>('dr', 'test', 'web-1', '--test-region', 'East US 2')
    expect(drill).toMatchObject({
      testId: expect.any(Number),
      vmName: 'web-1',
      backupName: expect.stringMatching(/^web-1-backup-monthly-/),
      testRegion: region,
      startedAt: expect.stringMatching(/Z$/),
      completedAt: expect.stringMatching(/Z$/),
      success: true,
      restoreSucceeded: true,
      bootSucceeded: true,
      connectivitySucceeded: true,
      cleanupSucceeded: true,
      rtoSeconds: expect.any(Number),
      errorMessage: null,
      connectionMethod: 'run-command',
    })
    expect(left()).toEqual([])
  })

  it('says in words how long each phase took, and never calls good what was not checked', async () => {
    const { code, stdout } = await azure.run('dr', 'test', 'db-1', '--test-region', region, '--no-connectivity')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^disks +\+\d+\.\d +\d+\.\d +ok/m)
    expect(stdout).toContain('Restore ok, boot ok, connectivity not checked, cleanup ok.')
    expect(stdout).toContain('within the target of 15 min.')
    expect(left()).toEqual([])
  })

  it('logs in over an address that only one source may reach, and runs a check of the user', async () => {
    const ssh = ['--ssh-source', '127.0.0.1', '--ssh-user', 'azureuser', '--ssh-key', key]
    const check = ['--check-command', 'echo it is well']
    const drill = await azure.ok<Drill>('dr', 'test', 'web-1', '--test-region', region, ...ssh, ...check)
    expect(drill).toMatchObject({ success: true, connectionMethod: 'ssh-public' })
    const notes = Object.fromEntries(drill.phases.map((one) => [one.phase, 'note' in one ? one.note : undefined]))
    expect(notes).toMatchObject({
      connectivity: expect.stringMatching(/^SSH-2\.0-.*, logged in as azureuser$/),
      command: 'it is well',
    })
    expect(left()).toEqual([])
  })

  it('ends with 4 and all that is missing before anything is made', async () => {
    const sent = (await azure.changes()).length
    const ended = await azure.run(
      'dr',
      'test',
      'web-1',
      '--test-region',
      region,
      '--size',
      'Standard_Nothing',
      '--json',
    )
    expect(documentOf<Failure>(ended).error).toMatchObject({ code: 'NOT_READY' })
    expect(ended.code).toBe(4)
    const without = ['--test-region', 'centralus', '--require-replica', '--json']
    const refused = await azure.run('dr', 'test', 'web-1', ...without)
    expect({ code: refused.code, text: documentOf<Failure>(refused).error.message }).toEqual({
      code: 4,
      text: expect.stringContaining('no complete copy'),
    })
    expect((await azure.changes()).length).toBe(sent)
  })

  it('that fails is an answer: 1, with the reason in the result and in the report for a pipeline', async () => {
    await azure.fault({
      kind: 'failOperation',
      code: 'InvalidParameter',
      message: 'Broken.',
      method: 'PUT',
      path: 'disks/',
    })
    const file = join(azure.around.home, 'drill.xml')
    const ended = await azure.run('dr', 'test', 'web-1', '--test-region', region, '--junit', file, '--json')
    expect(documentOf(ended)).toMatchObject({
      success: false,
      restoreSucceeded: false,
      bootSucceeded: null,
      rtoSeconds: null,
      errorMessage: expect.stringContaining('Broken.'),
    })
    expect(ended.code).toBe(1)
    const report = await readFile(file, 'utf8')
    expect(report).toMatch(/tests="1" failures="1" errors="0"/)
    expect(report).toContain('Broken.')
    expect(left()).toEqual([])
  })

  it('that could not begin is an error in the report', async () => {
    const file = join(azure.around.home, 'refused.xml')
    const ended = await azure.run('dr', 'test', 'nobody', '--test-region', region, '--junit', file)
    expect(ended.code).toBe(4)
    expect(await readFile(file, 'utf8')).toMatch(/errors="1".*<error [^>]*type="VM_NOT_FOUND"/s)
  })

  it('keeps what it made when it is told to, and cleanup removes it', async () => {
    const drill = await azure.ok<Drill>('dr', 'test', 'web-1', '--test-region', region, '--no-cleanup')
    expect(drill).toMatchObject({ success: true, cleanupSucceeded: null })
    expect(left()).toHaveLength(2)
    await azure.ok('cleanup', '--yes')
    expect(left()).toEqual([])
  })

  it('is stopped by Ctrl-C with 130, and puts things in order first', async () => {
    const drill = azure.begin('dr', 'test', 'web-1', '--test-region', region)
    await drill.said('Making VM')
    drill.child.kill('SIGINT')
    const ended = await drill.ended
    expect(ended.code).toBe(130)
    expect(ended.stderr).toContain('Interrupted (SIGINT).')
    expect(left()).toEqual([])
  })
})

describe('many drills', () => {
  it('by schedule: each VM that is due, and none twice', async () => {
    await azure.ok('dr', 'configure', 'web-1', '--test-region', region)
    expect(await azure.ok('dr', 'configure', 'db-1', '--test-region', region, '--every-days', '30')).toMatchObject({
      enabled: true,
      testRegion: region,
      everyDays: 30,
    })
    const file = join(azure.around.home, 'all.xml')
    const { results } = await azure.ok<{ results: Drill[] }>('dr', 'test-all', '--junit', file)
    expect(results.map(({ vmName, success }) => [vmName, success]).sort()).toEqual([
      ['db-1', true],
      ['web-1', true],
    ])
    expect(await readFile(file, 'utf8')).toMatch(/tests="2" failures="0" errors="0"/)
    expect(await azure.ok('dr', 'test-all')).toEqual({ results: [] })

    expect(await azure.ok('dr', 'disable', 'db-1')).toMatchObject({ enabled: false })
    const forced = await azure.ok<{ results: Drill[] }>('dr', 'test-all', '--all')
    expect(forced.results.map(({ vmName }) => vmName)).toEqual(['web-1'])
  })

  it('one that fails does not stop the others: 3', async () => {
    await azure.ok('dr', 'configure', 'db-1', '--test-region', region)
    await azure.fault({
      kind: 'failOperation',
      code: 'InvalidParameter',
      message: 'x',
      method: 'PUT',
      path: 'disks/db-1',
    })
    const ended = await azure.run('dr', 'test-all', '--all', '--json')
    expect(ended.code).toBe(3)
    const { results } = documentOf<{ results: Drill[] }>(ended)
    expect(results.map(({ vmName, success }) => [vmName, success]).sort()).toEqual([
      ['db-1', false],
      ['web-1', true],
    ])
  })

  it('has the same keys for one that could not begin', async () => {
    await azure.ok('dr', 'configure', 'tl-1', '--test-region', region)
    const ended = await azure.run('dr', 'test-all', '--json')
    const [item] = documentOf<{ results: Drill[] }>(ended).results
    expect(item).toMatchObject({ vmName: 'tl-1', success: false, testId: null, rtoSeconds: null, completedAt: null })
    expect(ended.code).toBe(4)
    await azure.ok('dr', 'disable', 'tl-1')
  })

  it('as a plan have one result and one RTO', async () => {
    const file = join(azure.around.home, 'shop.yaml')
    const plan = `test-region: ${region}
groups:
  - name: databases
    vms: [{name: db-1, check-command: echo ready}]
  - vms: [web-1]
`
    await writeFile(file, plan)
    const sent = await azure.requests()
    expect(await azure.ok('dr', 'plan', file, '--dry-run')).toMatchObject({ plan: 'shop', dryRun: true })
    expect(await azure.requests()).toBe(sent)
    const done = await azure.ok<{ results: Drill[] }>('dr', 'plan', file)
    expect(done).toMatchObject({ plan: 'shop', success: true, rtoSeconds: expect.any(Number) })
    expect(done.results.map(({ vmName }) => vmName)).toEqual(['db-1', 'web-1'])
    expect(left()).toEqual([])
  })
})

describe('what drills prove', () => {
  it('is listed, newest first, for a reader, a script and a spreadsheet', async () => {
    const { tests } = await azure.ok<{ tests: Drill[] }>('dr', 'test-history')
    expect(tests.length).toBeGreaterThan(5)
    // By when they began: of two that began side by side, the earlier may have the higher number.
    const begun = tests.map(({ testId, startedAt }) => ({ testId, at: Date.parse(startedAt) }))
    expect(begun).toEqual([...begun].sort((one, other) => other.at - one.at || other.testId - one.testId))
    const one = await azure.ok<{ tests: Drill[] }>('dr', 'test-history', 'DB-1')
    expect(new Set(one.tests.map(({ vmName }) => vmName))).toEqual(new Set(['db-1']))

    const { stdout } = await azure.run('dr', 'test-history', '--csv')
    const [head, ...rows] = stdout.trim().split('\r\n')
    expect(head).toMatch(/^testId,vmName,/)
    expect(rows.length).toBe(tests.length)
    expect((await azure.run('dr', 'test-history', 'web-1')).stdout).toMatch(/^ID +VM +STARTED/)
  })

  it('has a rate with its count and what it shows, and a target that can be missed', async () => {
    const { tests } = await azure.ok<{ tests: Drill[] }>('dr', 'test-history')
    const ended = tests.filter(({ success }) => success !== null)
    const good = ended.filter(({ success }) => success === true)
    expect(good.length).toBeLessThan(ended.length)
    const rate = await azure.ok('dr', 'success-rate')
    expect(rate).toMatchObject({ total: ended.length, succeeded: good.length, days: 30 })
    expect(rate).toMatchObject({ successRate: (100 * good.length) / ended.length, lowerBound: expect.any(Number) })
    expect((await azure.run('dr', 'success-rate', '--fail-below', '99.9')).code).toBe(1)
    expect((await azure.run('dr', 'success-rate', '--fail-below', '1')).code).toBe(0)
  })

  it('is nothing without a drill: null, and no 0', async () => {
    const none = { successRate: null, total: 0, succeeded: 0, days: 7, lowerBound: null }
    expect(await azure.ok('dr', 'success-rate', '--vm', 'nobody', '--days', '7')).toEqual(none)
    expect((await azure.run('dr', 'success-rate', '--vm', 'nobody', '--fail-below', '50')).code).toBe(1)
  })
})

describe('a failover', () => {
  it('says how old the data is before it is done, asks, and needs nothing of the lost region', async () => {
    const refused = await azure.run('dr', 'failover', 'db-1', '--target-region', region, '--json')
    expect(refused.code).toBe(2)
    await azure.fault({ kind: 'regionDown', region: 'westus2' })
    const ended = await azure.run('dr', 'failover', 'db-1', '--target-region', region, '--yes', '--json')
    expect(documentOf(ended)).toMatchObject({
      vmName: 'db-1',
      resourceGroup: `demo-rg-${region}`,
      region,
      backupName: expect.stringMatching(/^db-1-backup-/),
      rpoSeconds: expect.any(Number),
      rtoSeconds: expect.any(Number),
      restoredDisks: [expect.any(String), expect.any(String), expect.any(String)],
    })
    expect(ended.code).toBe(0)
    expect(ended.stderr).toMatch(/old \(RPO\)/)
  })

  it('is brought home again, and both VMs are left to the operator', async () => {
    const back = await azure.ok('dr', 'failback', 'db-1', '-g', `demo-rg-${region}`, '--yes')
    expect(back).toMatchObject({ vmName: 'db-1', resourceGroup: 'demo-rg', region: 'westus2' })
    expect(back).toMatchObject({ previousDisks: expect.arrayContaining([expect.any(String)]) })
    expect(azure.names(vms).filter((name) => name === 'db-1')).toHaveLength(2)
  })
})
