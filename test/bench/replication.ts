/**
 * Copies of twenty VMs, ten backups each, three at a time: how long azlin takes beside the best schedule that the copies'
 * own durations allow. And how quickly 100,000 jobs are searched. Prints one JSON document.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { VmRef } from '../../src/core/domain/machine.js'
import type { JobFilter } from '../../src/core/ports/replications.js'
import { openRecords } from '../../src/db/open.js'
import { type CoreOnSandbox, coreOnSandbox, endServer } from '../support/core-on-sandbox.js'

const vms = 20
const backups = 10
const atOnce = 3
const speed = 100
const jobs = 100_000
const dayMs = 86_400_000
const group = 'demo-rg'

async function copies() {
  const core = await coreOnSandbox({ speed })
  const run = core.run()
  try {
    const names = await twins(core)
    const policy = { dailyRetention: 60, weeklyRetention: 4, monthlyRetention: 12 }
    await Promise.all(names.map((vm) => core.schedules.configure(vm, policy, run)))
    for (let day = 0; day < backups; day++) {
      await Promise.all(names.map((vm) => core.backups.trigger(vm, { tier: 'daily' }, run)))
      core.sandbox.world.advance(dayMs)
    }

    const { replication } = core
    const plans = await Promise.all(names.map((vm) => replication.planAll(vm, { region: 'eastus2' }, run)))
    const begun = performance.now()
    await Promise.all(plans.map((plan) => replication.execute(plan, { wait: true, makeGroup: false }, run)))
    const tookMs = performance.now() - begun

    const reports = await core.copies()
    const chains = new Map<string, number[]>()
    for (const { source, durationMs } of reports) {
      const disk = source.replace(/-backup-.*/, '')
      chains.set(disk, [...(chains.get(disk) ?? []), durationMs])
    }
    return { copies: reports.length, tookMs, idealMs: idealMs([...chains.values()]) }
  } finally {
    await core.close()
    await endServer()
  }
}

/** VMs with a disk each, all made from that of web-1. */
async function twins({ azure, run }: CoreOnSandbox): Promise<readonly VmRef[]> {
  const { signal } = run()
  const like = await azure.machines.get({ name: 'web-1', resourceGroup: group }, signal)
  const { size, osType, region, disks, nicIds } = like
  const facts = { size, osType, generation: 'V2', trustedLaunch: undefined, zone: undefined } as const
  const rest = { architecture: undefined, licenseType: undefined, plan: undefined, agent: undefined }
  const want = { resourceGroup: group, region, tags: {}, encryptionSetId: undefined }
  const source = await azure.snapshots.create({ ...want, name: 'bench-source', sourceId: disks[0]?.id ?? '' }, signal)
  return Promise.all(
    Array.from({ length: vms }, async (_, index) => {
      const name = `bench-${index}`
      const shape = { zone: undefined, sku: 'Premium_LRS', sizeGb: source.sizeGb, tier: undefined }
      const disk = { ...want, ...shape, name: `${name}-os`, sourceSnapshotId: source.id }
      const { id } = await azure.disks.create(disk, signal)
      const nicId = await azure.networks.cloneNic(nicIds[0] ?? '', { ...want, name: `${name}-nic` }, signal)
      const at = [{ id, name: disk.name, lun: null, caching: 'ReadWrite' as const }]
      const vm = { ...want, zone: undefined, facts: { ...facts, ...rest }, disks: at, nicId, throwAway: false }
      return azure.machines.create({ ...vm, name }, signal)
    }),
  )
}

/** No schedule is shorter: neither than the work shared by all, nor than the longest chain. */
function idealMs(chains: readonly (readonly number[])[]): number {
  const lengths = chains.map((chain) => chain.reduce((sum, one) => sum + one, 0))
  return Math.max(...lengths, lengths.reduce((sum, one) => sum + one, 0) / atOnce)
}

async function searches() {
  const home = mkdtempSync(join(tmpdir(), 'azlin-bench-jobs-'))
  const records = await openRecords(home)
  try {
    fill(join(home, 'azlin.db'))
    const asked: Readonly<Record<string, JobFilter>> = {
      'by status': { status: 'in_progress' },
      'by VM': { vm: 'vm-77' },
      'by snapshot': { sourceSnapshot: 'vm-77-backup-55' },
    }
    const found: Record<string, { ms: number; rows: number }> = {}
    for (const [name, filter] of Object.entries(asked)) {
      const times: number[] = []
      let rows = 0
      for (let round = 0; round < 11; round++) {
        const from = performance.now()
        rows = (await records.replications.list(filter)).length
        times.push(performance.now() - from)
      }
      found[name] = { ms: times.toSorted((a, b) => a - b)[5] ?? 0, rows }
    }
    return { jobs, found, plans: plansOf(join(home, 'azlin.db')) }
  } finally {
    await records.close()
    rmSync(home, { recursive: true, force: true })
  }
}

function fill(file: string): void {
  const db = new Database(file)
  const insert =
    db.prepare(`insert into replication_jobs (source_snapshot, target_snapshot, source_region, target_region,
    source_resource_group, target_resource_group, status, started_at, vm_name, vm_resource_group, backup_name, disk_key)
    values (?, ?, 'westus2', 'eastus2', 'rg', 'rg', ?, '2026-11-23T01:02:03.000Z', ?, 'rg', ?, ?)`)
  db.transaction(() => {
    for (let index = 0; index < jobs; index++) {
      const [vm, backup] = [`vm-${index % 1000}`, Math.floor(index / 1000)]
      const name = `${vm}-backup-${backup}`
      const status = index % 500 === 0 ? 'in_progress' : index % 100 === 1 ? 'failed' : 'completed'
      insert.run(name, `${name}-eastus2`, status, vm, name, `disk-${vm}`)
    }
  })()
  db.close()
}

/** What SQLite says it will do. */
function plansOf(file: string): readonly string[] {
  const db = new Database(file, { readonly: true })
  const where = ["status = 'in_progress'", "vm_name = 'x' collate nocase", "source_snapshot = 'x' collate nocase"]
  const plans = where.map((one) => {
    const rows = db.prepare(`explain query plan select * from replication_jobs where ${one} order by id desc`).all()
    return (rows as { detail: string }[]).map(({ detail }) => detail).join('; ')
  })
  db.close()
  return plans
}

console.log(JSON.stringify({ ...(await copies()), searches: await searches() }))
