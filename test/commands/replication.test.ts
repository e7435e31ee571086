/** Copies to a second region as scripts see them: processes, exit codes, one JSON document. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { azlin, documentOf } from '../support/azlin.js'
import { Sandboxed } from '../support/sandboxed.js'

interface Job {
  readonly id: number
  readonly sourceSnapshot: string
  readonly targetSnapshot: string
  readonly targetRegion: string
  readonly targetResourceGroup: string
  readonly status: string
  readonly completedAt: string | null
  readonly errorMessage: string | null
}
interface Jobs {
  readonly jobs: readonly Job[]
}
interface Failure {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string }
}

const east = ['--target-region', 'eastus2']
const snapshots = 'Microsoft.Compute/snapshots'

let azure: Sandboxed
beforeEach(async () => {
  // Slow enough that a copy of 30 GiB takes half a second.
  azure = await Sandboxed.start(500)
})
afterEach(() => azure.stop())

async function backedUp(vm: string): Promise<string> {
  await azure.ok('backup', 'configure', vm)
  return (await azure.ok<{ snapshotName: string }>('backup', 'trigger', vm)).snapshotName
}

const copies = () => azure.names(snapshots).filter((name) => name.includes('eastus2'))
const statuses = ({ jobs }: Jobs) => jobs.map(({ status }) => status)

describe('azlin backup trigger --wait', () => {
  it('prints the backup with the copies that it waited for', async () => {
    await azure.ok('backup', 'configure', 'web-1', '--cross-region', ...east)
    const taken = await azure.ok<{ replicated: boolean; replicatedTo: string[] }>(
      'backup',
      'trigger',
      'web-1',
      '--wait',
    )
    expect(taken).toMatchObject({ replicated: true, replicatedTo: ['eastus2'] })
  })
})

describe('azlin backup run --wait', () => {
  interface Run {
    readonly results: readonly {
      readonly vm: string
      readonly outcome: string
      readonly copies?: { readonly region?: string; readonly jobs: readonly Job[]; readonly errors: readonly unknown[] }
    }[]
  }

  it('works off what older runs left, once a day, and says of which VM what cannot be copied', async () => {
    // Three backups without a copy, then a region that is to have them.
    for (const vm of ['web-1', 'db-1']) await azure.ok('backup', 'configure', vm)
    for (let day = 0; day < 3; day++) {
      await azure.ok('backup', 'run', 'web-1')
      await azure.advance(1)
    }
    for (const vm of ['web-1', 'db-1']) await azure.ok('backup', 'configure', vm, '--cross-region', ...east)
    const denied = { status: 403, code: 'RequestDisallowedByPolicy', message: 'Not in this region.' }
    await azure.fault({ kind: 'status', ...denied, method: 'PUT', path: '/snapshots/db-1-.*-eastus2' })
    const ended = await azure.run('backup', 'run', '--all', '--wait', '--json')
    expect(ended.code).toBe(3)
    const { results } = documentOf<Run>(ended)
    const of = (name: string) => results.find(({ vm }) => vm === name)
    expect(of('web-1')).toMatchObject({ outcome: 'taken', copies: { region: 'eastus2', errors: [] } })
    expect(of('web-1')?.copies?.jobs.map(({ status }) => status)).toEqual(Array(4).fill('completed'))
    expect(of('db-1')).toMatchObject({ outcome: 'taken', copies: { region: 'eastus2' } })
    expect(of('db-1')?.copies?.errors).toEqual(Array(3).fill(expect.objectContaining({ code: 'POLICY_DENIED' })))
    const { backups } = await azure.ok<{ backups: { replicatedTo: string[] }[] }>('backup', 'list', 'web-1')
    expect(backups.map(({ replicatedTo }) => replicatedTo)).toEqual(Array(4).fill(['eastus2']))

    const again = await azure.run('backup', 'run', 'web-1', '--wait')
    expect([again.code, again.stdout]).toEqual([
      0,
      'web-1: skipped, nothing is due today.\n  Everything is in eastus2 already.\n',
    ])
    expect((await azure.run('backup', 'run', 'db-1', '--wait')).code).toBe(1)
  })

  it('waits for nothing where the schedule wants no copies, or is off', async () => {
    await azure.ok('backup', 'configure', 'web-1')
    await azure.ok('backup', 'configure', 'db-1', '--cross-region', ...east)
    await azure.ok('backup', 'disable', 'db-1')
    const { results } = await azure.ok<Run>('backup', 'run', 'web-1', 'db-1', '--wait')
    expect(results.map(({ outcome, copies }) => [outcome, copies])).toEqual([
      ['taken', undefined],
      ['skipped', undefined],
    ])
    expect(copies()).toEqual([])
  })

  it('is for one run that takes backups', async () => {
    for (const other of [['--dry-run'], ['--every', '1h']])
      expect((await azure.run('backup', 'run', '--all', '--wait', ...other)).code).toBe(2)
  })
})

describe('azlin backup replicate', () => {
  it('prints the completed job of every disk, and the list shows it', async () => {
    const name = await backedUp('db-1')
    const { jobs } = await azure.ok<Jobs>('backup', 'replicate', name, ...east)
    expect(jobs).toHaveLength(3)
    expect(jobs[0]).toEqual({
      id: expect.any(Number),
      sourceSnapshot: name,
      targetSnapshot: `${name}-eastus2`,
      sourceRegion: 'westus2',
      targetRegion: 'eastus2',
      sourceResourceGroup: 'demo-rg',
      targetResourceGroup: 'demo-rg',
      status: 'completed',
      startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      completedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      errorMessage: null,
      vmName: 'db-1',
      backupName: name,
      percent: 100,
      attempts: 1,
    })
    const { backups } = await azure.ok<{ backups: { replicated: boolean; replicatedTo: string[] }[] }>(
      'backup',
      'list',
      'db-1',
    )
    expect(backups[0]).toMatchObject({ replicated: true, replicatedTo: ['eastus2'] })
    expect(statuses(await azure.ok<Jobs>('backup', 'replication-jobs', '--status', 'completed'))).toHaveLength(3)
    expect(statuses(await azure.ok<Jobs>('backup', 'replication-jobs', '--vm', 'db'))).toEqual([])
    expect(statuses(await azure.ok<Jobs>('backup', 'replication-jobs', '--vm', 'DB-1'))).toHaveLength(3)
  })

  it('ends with 4 without the permission, however many disks the backup has', async () => {
    await azure.fault({
      kind: 'status',
      status: 403,
      code: 'AuthorizationFailed',
      message: "The client 'x' does not have authorization to perform action 'y' over scope '/z'.",
      method: 'PUT',
      path: '/snapshots/.*-eastus2',
    })
    for (const vm of ['web-1', 'db-1'])
      expect((await azure.run('backup', 'replicate', await backedUp(vm), ...east, '--json')).code).toBe(4)
  })

  it.each([
    [4, 'REGION_UNKNOWN', 'eastus22'],
    [2, 'INVALID_INPUT', 'westus2'],
    [2, 'INVALID_INPUT', 'no/region'],
  ])('ends with %s and %s for the region %s, and sends no change', async (code, error, region) => {
    const name = await backedUp('web-1')
    const before = (await azure.changes()).length
    const ended = await azure.run('backup', 'replicate', name, '--target-region', region, '--json')
    expect([ended.code, documentOf<Failure>(ended).error.code]).toEqual([code, error])
    expect(await azure.changes()).toHaveLength(before)
  })

  it('is what is proposed where a region has no copy; one that is no region is said to be none', async () => {
    const name = await backedUp('web-1')
    const asked = [
      ['list', 'web-1', '--region'],
      ['restore', 'web-1', '--at', '2100-01-01', '--new-vm', 'web-2', '--yes', '--region'],
      ['restore', 'web-1', '--backup', name, '--new-vm', 'web-2', '--yes', '--region'],
      ['verify', name, '--replica'],
      ['verify-all', 'web-1', '--replica'],
    ]
    for (const words of asked) {
      const lost = await azure.run('backup', ...words, 'eastus22', '--json')
      expect([lost.code, documentOf<Failure>(lost).error]).toMatchObject([
        4,
        { code: 'REGION_UNKNOWN', hint: 'Did you mean eastus2?' },
      ])
      const { stdout, stderr } = await azure.run('backup', ...words, 'eastus2')
      expect(stdout + stderr).toMatch(/azlin backup replicate(-all web-1)? \S*.*--target-region eastus2/)
    }
  })

  it('ends with 4 for a backup that is not there, and with 2 without a region', async () => {
    const ended = await azure.run('backup', 'replicate', 'web-1-backup-daily-20200101-010203', ...east, '--json')
    expect([ended.code, documentOf<Failure>(ended).error.code]).toEqual([4, 'BACKUP_NOT_FOUND'])
    expect((await azure.run('backup', 'replicate', 'x')).code).toBe(2)
  })

  it('makes a group for the copies with --yes, and refuses without a terminal otherwise', async () => {
    const name = await backedUp('web-1')
    const to = [...east, '--target-resource-group', 'copies-rg']
    const refused = await azure.run('backup', 'replicate', name, ...to, '--json')
    expect([refused.code, documentOf<Failure>(refused).error.code]).toEqual([2, 'CONFIRMATION_NEEDED'])
    expect(copies()).toEqual([])
    const { jobs } = await azure.ok<Jobs>('backup', 'replicate', name, ...to, '--yes')
    expect(jobs.map(({ status, targetResourceGroup }) => [status, targetResourceGroup])).toEqual([
      ['completed', 'copies-rg'],
    ])
  })

  it('comes back at once with --no-wait; replication-status then tells the rest', async () => {
    const name = await backedUp('web-1')
    await azure.fault({ kind: 'stallCopy', path: 'eastus2' })
    expect(statuses(await azure.ok<Jobs>('backup', 'replicate', name, ...east, '--no-wait'))).toEqual(['in_progress'])
    expect(statuses(await azure.ok<Jobs>('backup', 'replication-status', 'web-1'))).toEqual(['in_progress'])
    await azure.clearFaults()
    await azure.advance(1)
    const status = await azure.ok<Jobs & { regions: { region: string; rpoSeconds: number; newestBackup: string }[] }>(
      'backup',
      'replication-status',
      'web-1',
    )
    expect(statuses(status)).toEqual(['completed'])
    expect(status.regions[0]).toMatchObject({ region: 'eastus2', newestBackup: name })
    expect(status.regions[0]?.rpoSeconds).toBeGreaterThan(86_000)
  })

  it('ends with 130 on Ctrl-C and leaves the copy to Azure; the next one adopts it', async () => {
    const name = await backedUp('web-1')
    await azure.fault({ kind: 'stallCopy', path: 'eastus2' })
    const running = azure.begin('backup', 'replicate', name, ...east)
    await running.said('Copying to eastus2')
    running.child.kill('SIGINT')
    const { code, stderr } = await running.ended
    expect(code).toBe(130)
    expect(stderr).toContain('Copies that were begun go on in Azure')
    expect(stderr).not.toContain('Temporary resources')
    await azure.clearFaults()
    expect(statuses(await azure.ok<Jobs>('backup', 'replicate', name, ...east))).toEqual(['completed'])
    expect(copies()).toHaveLength(1)
  })

  it('says once that Azure does not answer meanwhile, and goes on when it does', async () => {
    const name = await backedUp('web-1')
    await azure.fault({ kind: 'stallCopy', path: 'eastus2' })
    const running = azure.begin('backup', 'replicate', name, ...east)
    await running.said('Copied 0 %')
    await azure.fault({ kind: 'status', status: 503, code: 'ServiceUnavailable', message: 'Busy.', method: 'GET' })
    await running.said(`Waiting with ${name}-eastus2`)
    await azure.clearFaults()
    const { code, stderr } = await running.ended
    expect(code).toBe(0)
    expect(stderr.match(/Waiting with/g)).toHaveLength(1)
  }, 60_000)

  it('is adopted by the next command when it was killed before the answer came', async () => {
    const name = await backedUp('web-1')
    await azure.fault({ kind: 'delay', ms: 2000, method: 'PUT', path: 'eastus2', times: 1 })
    const running = azure.begin('backup', 'replicate', name, ...east)
    await running.said('Copying to eastus2')
    running.child.kill('SIGKILL')
    await running.ended
    expect(statuses(await azure.ok<Jobs>('backup', 'replication-jobs'))).toEqual(['in_progress'])
    expect(statuses(await azure.ok<Jobs>('backup', 'replicate', name, ...east))).toEqual(['completed'])
    expect(copies()).toHaveLength(1)
    expect((await azure.ok<Jobs>('backup', 'replication-jobs')).jobs).toHaveLength(1)
  })
})

describe('azlin backup replicate-all', () => {
  it('ends with 3 when some copies fail, each with its reason, and with 1 when all do', async () => {
    await backedUp('db-1')
    const policy = { kind: 'status', status: 403, code: 'RequestDisallowedByPolicy', message: 'No.' } as const
    await azure.fault({ ...policy, method: 'PUT', path: 'eastus2-lun0' })
    const some = await azure.run('backup', 'replicate-all', 'db-1', ...east, '--json')
    expect([some.code, statuses(documentOf<Jobs>(some)).toSorted()]).toEqual([3, ['completed', 'completed', 'failed']])
    expect(documentOf<Jobs>(some).jobs.find(({ status }) => status === 'failed')?.errorMessage).toMatch(/policy/)
    const all = await azure.run('backup', 'replicate-all', 'db-1', ...east, '--json')
    expect([all.code, statuses(documentOf<Jobs>(all))]).toEqual([1, ['failed']])
    await azure.clearFaults()
    expect(statuses(await azure.ok<Jobs>('backup', 'replicate-all', 'db-1', ...east))).toEqual(['completed'])
    expect(await azure.ok<Jobs>('backup', 'replicate-all', 'db-1', ...east)).toEqual({ jobs: [] })
  })

  it('run twice at once makes every copy once, in order', async () => {
    await azure.ok('backup', 'configure', 'db-1')
    for (let backup = 0; backup < 3; backup++) {
      await azure.ok('backup', 'trigger', 'db-1', '--tier', 'daily')
      await azure.advance(0.3)
    }
    const args = ['backup', 'replicate-all', 'db-1', ...east, '--json']
    const both = await Promise.all([azure.run(...args), azure.run(...args)])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(copies()).toHaveLength(9)
    expect((await azure.changes()).filter((line) => /^PUT .*eastus2/.test(line))).toHaveLength(9)
    expect(statuses(await azure.ok<Jobs>('backup', 'replication-jobs', '--status', 'failed'))).toEqual([])
  })
})

describe('azlin replication sync', () => {
  it('gives a new computer the jobs that another one began', async () => {
    const name = await backedUp('web-1')
    await azure.ok('backup', 'replicate', name, ...east)
    const env = { ...azure.around.env, AZLIN_HOME: `${azure.around.home}/other` }
    const { mkdir, symlink } = await import('node:fs/promises')
    await mkdir(`${azure.around.home}/other`, { mode: 0o700 })
    await symlink(`${azure.around.home}/.azlin/sandbox`, `${azure.around.home}/other/sandbox`)
    const elsewhere = { home: azure.around.home, env }
    expect(documentOf<Jobs>(await azlin(['backup', 'replication-jobs', '--json'], elsewhere)).jobs).toEqual([])
    const synced = documentOf<Jobs>(await azlin(['replication', 'sync', '--json'], elsewhere))
    expect(synced.jobs).toMatchObject([{ sourceSnapshot: name, status: 'completed', backupName: name }])
    expect(documentOf<Jobs>(await azlin(['replication', 'sync', '--json'], elsewhere)).jobs).toEqual([])
  })
})

describe('what it prints', () => {
  it('is one JSON document that jq reads', async () => {
    const name = await backedUp('web-1')
    const ended = await azure.run('backup', 'replicate', name, ...east, '--json')
    const jq = spawn('jq', ['-r', '.jobs[].status'], { stdio: ['pipe', 'pipe', 'ignore'] })
    const there = await Promise.race([once(jq, 'spawn').then(() => true), once(jq, 'error').then(() => false)])
    if (!there) return console.info('jq is not installed: skipped')
    let said = ''
    jq.stdout.on('data', (text) => {
      said += String(text)
    })
    jq.stdin.end(ended.stdout)
    await once(jq, 'close')
    expect(said).toBe('completed\n')
  })
})
