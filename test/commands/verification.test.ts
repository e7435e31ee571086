/** The commands that verify, as processes: what they print, how they end, and what a killed one leaves. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { ImageTrouble } from '../../src/sandbox/image/content.js'
import { documentOf } from '../support/azlin.js'
import { rawDatabase } from '../support/raw-database.js'
import { Sandboxed } from '../support/sandboxed.js'

const group = ['-g', 'demo-rg'] as const
const disks = 'Microsoft.Compute/disks'
const snapshots = 'Microsoft.Compute/snapshots'
let azure: Sandboxed
let backup: string

interface Result {
  readonly backupName: string
  readonly success: boolean
  readonly diskReadable: boolean | null
  readonly errorMessage: string | null
}

beforeAll(async () => {
  azure = await Sandboxed.start()
  for (const vm of ['web-1', 'db-1']) await azure.ok('backup', 'configure', vm, ...group)
  await azure.ok('backup', 'trigger', 'web-1', ...group)
  const { snapshotName } = await azure.ok<{ snapshotName: string }>('backup', 'trigger', 'db-1', ...group)
  backup = snapshotName
})
afterAll(() => azure.stop())
beforeEach(() => azure.clearFaults())
afterEach(() => expect(left()).toEqual([]))

const left = () => azure.names(disks).filter((name) => name.includes('-verify-'))
const opened = () =>
  [disks, snapshots].flatMap((type) => azure.sandbox.world.list(type)).filter(({ hidden }) => hidden.access)

function spoil(name: string, trouble: ImageTrouble | undefined): void {
  const snapshot = azure.sandbox.world.list(snapshots).find((one) => one.name === name)
  if (!snapshot?.hidden.content) throw new Error(`${name} holds nothing`)
  const { trouble: _, ...content } = snapshot.hidden.content
  snapshot.hidden.content = trouble === undefined ? content : { ...content, trouble }
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end && !holds(); )
    await new Promise((resolve) => setTimeout(resolve, 5))
  expect(holds()).toBe(true)
}

describe('azlin backup verify', () => {
  it('prints what was checked of every disk, and ends with 0', async () => {
    const { code, stdout } = await azure.run('backup', 'verify', backup, ...group)
    expect(stdout).toMatch(/is verified \(westus2\)/)
    expect(stdout).toMatch(/OS disk .*\n.*disk made \(30 GiB\) and removed\n.*holds: GPT with .*FAT32.*ext4/)
    expect(stdout).toMatch(/LUN 2 /)
    expect(code).toBe(0)
  })

  it('prints one document with --json, without naming the resource group, and the list shows the proof', async () => {
    const ended = await azure.run('backup', 'verify', backup, '--json')
    expect(ended.code).toBe(0)
    expect(documentOf(ended)).toMatchObject({
      backupName: backup,
      vmName: 'db-1',
      verifiedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      success: true,
      diskReadable: true,
      sizeMatches: true,
      testDiskCreated: true,
      testDiskDeleted: true,
      errorMessage: null,
      verificationTimeSeconds: expect.any(Number),
    })
    const { backups } = await azure.ok<{ backups: object[] }>('backup', 'list', 'db-1', ...group)
    expect(backups).toMatchObject([{ snapshotName: backup, verified: true, proofLevel: 3 }])
  })

  it('ends with 1 and the result when the backup is not good', async () => {
    spoil(backup, 'corrupt-primary-gpt')
    const ended = await azure.run('backup', 'verify', backup, ...group, '--json')
    spoil(backup, undefined)
    expect(ended.code).toBe(1)
    const result = documentOf<Result>(ended)
    expect(result).toMatchObject({ success: false, diskReadable: false })
    expect(result.errorMessage).toMatch(/^OS disk: primary GPT/)
  })

  it.each([
    [['no-such-backup', ...group], 4, 'BACKUP_NOT_FOUND'],
    [['web-1-backup-daily-20200101-000000', '-g', 'gone-rg'], 4, 'RESOURCE_GROUP_NOT_FOUND'],
    [['not/a/name', ...group], 2, 'INVALID_INPUT'],
    [['x', ...group, '--slice', '9/8'], 2, 'INVALID_INPUT'],
    [['x', ...group, '--replica', 'a b?'], 2, 'INVALID_INPUT'],
    [['x', ...group, '--deep', '--slice', '1/2'], 2, 'USAGE'],
    [[], 2, 'USAGE'],
  ])('refuses %j with %d, %s', async (args, exit, code) => {
    const ended = await azure.run('backup', 'verify', ...args, '--json')
    expect(documentOf(ended)).toMatchObject({ error: { code } })
    expect(ended.code).toBe(exit)
  })

  it('ends with 4 where this account may not make disks', async () => {
    const message =
      "The client 'x' does not have authorization to perform action 'Microsoft.Compute/disks/write' over scope '/subscriptions/x'."
    await azure.fault({
      kind: 'status',
      status: 403,
      code: 'AuthorizationFailed',
      message,
      method: 'PUT',
      path: '/disks/',
    })
    const ended = await azure.run('backup', 'verify', backup, ...group, '--json')
    expect(documentOf<Result>(ended).errorMessage).toMatch(/Microsoft.Compute\/disks\/write/)
    expect(ended.code).toBe(4)
  })

  it('ends with 1 and leaves the content open where the bytes may not be read, and tells the way out', async () => {
    const refusal = { status: 403, code: 'RequestDisallowedByPolicy', message: 'Disallowed by policy.' }
    await azure.fault({ kind: 'status', ...refusal, method: 'POST', path: 'beginGetAccess' })
    const ended = await azure.run('backup', 'verify', backup, ...group, '--json')
    expect(documentOf(ended)).toMatchObject({
      success: false,
      diskReadable: null,
      testDiskDeleted: true,
      disks: [{ hint: expect.stringMatching(/--allow-unread/) }, {}, {}],
    })
    expect(ended.code).toBe(1)
    expect((await azure.run('backup', 'verify', backup, ...group, '--allow-unread')).code).toBe(0)
  })

  it('never prints the link, not even with --verbose', async () => {
    const { stdout, stderr } = await azure.run('backup', 'verify', backup, ...group, '--verbose')
    expect(stderr).toMatch(/GET \/blob\/md-/)
    expect(stdout + stderr).not.toMatch(/sig=|[?&]si=/)
  })

  it('cleans up and ends with 130 on Ctrl-C', async () => {
    await azure.fault({ kind: 'delay', ms: 300, path: '^/blob' })
    const running = azure.begin('backup', 'verify', backup, ...group)
    await until(() => azure.struck)
    running.child.kill('SIGINT')
    expect(await running.ended).toMatchObject({ code: 130 })
    expect(opened()).toEqual([])
    await azure.clearFaults()
    const { interrupted } = await azure.ok<{ interrupted: number }>('backup', 'verification-report', ...group)
    expect(interrupted).toBe(1)
  })
})

describe('azlin backup verify-all', () => {
  it('takes what is unverified, goes on after a failure, and ends with 3, then with 1, then with 0', async () => {
    const { snapshotName: second } = await azure.ok<{ snapshotName: string }>('backup', 'trigger', 'db-1', ...group)
    spoil(second, 'zeroed')
    const partly = await azure.run('backup', 'verify-all', 'db-1', ...group, '--all', '--json')
    expect(partly.code).toBe(3)
    const { results } = documentOf<{ results: Result[] }>(partly)
    expect(results.map(({ backupName, success }) => ({ backupName, success }))).toEqual([
      { backupName: second, success: false },
      { backupName: backup, success: true },
    ])
    const failed = await azure.run('backup', 'verify-all', 'db-1', ...group, '--max-parallel', '2')
    expect(failed.stdout).toMatch(/0 of 1 backups of db-1 are verified/)
    expect(failed.code).toBe(1)
    spoil(second, undefined)
    expect((await azure.run('backup', 'verify-all', 'db-1', ...group)).code).toBe(0)
    const nothing = await azure.run('backup', 'verify-all', 'db-1', ...group)
    expect(nothing).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing of db-1/) })
  })

  it.each([
    [['db-1', '--max-parallel', '6'], 2],
    [['db-1', '--stale', '--all'], 2],
    [['nobody'], 4],
    [['idle-1'], 4],
  ])('ends %j with exit code %d', async (args, exit) => {
    expect((await azure.run('backup', 'verify-all', ...args, ...group)).code).toBe(exit)
  })
})

describe('azlin backup verification-report', () => {
  it('prints totals, rate and failures as JSON, as a table, and for a spreadsheet', async () => {
    const report = await azure.ok<{
      totalVerified: number
      successRate: number
      failures: Result[]
      lastVerified: string
    }>('backup', 'verification-report', ...group)
    expect(report.totalVerified).toBeGreaterThan(report.failures.length)
    expect(report.successRate).toBeCloseTo(
      (100 * (report.totalVerified - report.failures.length)) / report.totalVerified,
    )
    expect(report.failures[0]).toMatchObject({ success: false, errorMessage: expect.any(String) })
    expect(report.lastVerified).toMatch(/Z$/)
    const shown = await azure.run('backup', 'verification-report', ...group)
    expect(shown.stdout).toMatch(/VM +GROUP +VERIFIED/)
    const { stdout } = await azure.run('backup', 'verification-report', ...group, '--csv', '--vm', 'web-1')
    expect(stdout.split('\r\n')[0]).toMatch(/^vm,resource_group,days,verified/)
    expect(stdout.split('\r\n')[1]).toBe('web-1,demo-rg,7,0,0,,,0,,,0\n')
  })

  it('says null where nothing was verified', async () => {
    const report = await azure.ok('backup', 'verification-report', '--vm', 'web-1', ...group)
    expect(report).toMatchObject({ totalVerified: 0, successRate: null, failures: [], lastVerified: null })
  })

  it('counts what a script wrote into the table, with the columns that are promised to it', async () => {
    const raw = rawDatabase(`${azure.around.home}/.azlin/azlin.db`)
    const columns = 'backup_name, vm_name, verified_at, success, disk_readable'
    const insert = raw.prepare(`insert into verifications (${columns}) values ('b', 'web-1', ?, ?, ?)`)
    const verifiedAt = new Date().toISOString()
    for (const success of [1, 1, 1, 0]) insert.run(verifiedAt, success, success)
    const report = await azure.ok('backup', 'verification-report', '--vm', 'web-1', ...group)
    expect(report).toMatchObject({ totalVerified: 4, successRate: 75, lastVerified: verifiedAt, interrupted: 0 })
    raw.exec("delete from verifications where host = ''")
    raw.close()
  })
})

describe('a verification that was killed', () => {
  const steps: readonly [string, { readonly method?: string; readonly path: string; readonly after?: number }][] = [
    ['while the disks are asked for', { method: 'PUT', path: '/disks/', after: 1 }],
    ['while they are being made', { method: 'GET', path: 'DiskOperations', after: 1 }],
    ['while they are being opened', { method: 'POST', path: 'beginGetAccess', after: 1 }],
    ['while they are read', { path: '^/blob', after: 20 }],
    ['while they are being closed', { method: 'POST', path: 'endGetAccess' }],
    ['while they are being deleted', { method: 'DELETE', path: '/disks/', after: 1 }],
    ['while the snapshots are tagged', { method: 'PATCH', path: '/snapshots/' }],
  ]
  it.each(steps)('%s leaves what azlin cleanup removes, and nothing else', async (_, where) => {
    const before = [...azure.names(disks), ...azure.names(snapshots)].sort()
    await azure.fault({ kind: 'delay', ms: 500, ...where })
    const running = azure.begin('backup', 'verify', backup, ...group)
    await until(() => azure.struck)
    running.child.kill('SIGKILL')
    await running.ended
    await azure.clearFaults()
    // What the killed process had sent is carried out all the same.
    await new Promise((resolve) => setTimeout(resolve, 1_000))

    await azure.ok('cleanup', '--yes')
    expect([...azure.names(disks), ...azure.names(snapshots)].sort()).toEqual(before)
    expect(opened()).toEqual([])
    expect((await azure.run('cleanup', '--yes')).stdout).toMatch(/^Nothing temporary was left behind/)
    expect((await azure.run('backup', 'verify', backup, ...group)).code).toBe(0)
  })
})
