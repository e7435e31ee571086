/** Copies to a second region in words, and as JSON. */
import type { ReplicationJob } from '../core/domain/replication.js'
import type { RegionStanding, ReplicationStatus } from '../core/managers/replication-records.js'
import { type Column, fittingTable } from './fitting-table.js'
import type { Columns } from './table.js'
import { age, minute, span } from './time.js'

export interface JobJson {
  readonly id: number
  readonly sourceSnapshot: string
  readonly targetSnapshot: string
  readonly sourceRegion: string
  readonly targetRegion: string
  readonly sourceResourceGroup: string
  readonly targetResourceGroup: string
  readonly status: string
  readonly startedAt: string
  readonly completedAt: string | null
  readonly errorMessage: string | null
  readonly vmName: string
  readonly backupName: string
  readonly percent: number
  readonly attempts: number
}

export function jobJson(job: ReplicationJob): JobJson {
  return {
    id: job.id,
    sourceSnapshot: job.source.name,
    targetSnapshot: job.target.name,
    sourceRegion: job.sourceRegion,
    targetRegion: job.targetRegion,
    sourceResourceGroup: job.source.resourceGroup,
    targetResourceGroup: job.target.resourceGroup,
    status: job.status,
    startedAt: job.startedAt.toISOString(),
    completedAt: job.completedAt?.toISOString() ?? null,
    errorMessage: job.errorMessage ?? null,
    vmName: job.vm.name,
    backupName: job.backup,
    percent: job.percent,
    attempts: job.attempts,
  }
}

export function regionJson({ region, newest, rpoSeconds, lags }: RegionStanding) {
  return {
    region,
    newestBackup: newest?.name ?? null,
    newestCreationTime: newest?.createdAt.toISOString() ?? null,
    rpoSeconds: rpoSeconds ?? null,
    lags,
  }
}

export function jobTable(jobs: readonly ReplicationJob[], out: Columns): string {
  const columns: readonly Column<ReplicationJob>[] = [
    { heading: 'ID', cell: ({ id }) => String(id) },
    { heading: 'SOURCE', cell: ({ source }) => source.name },
    { heading: 'TO', cell: ({ targetRegion }) => targetRegion, dispensable: 2 },
    { heading: 'STATUS', cell: statusCell },
    { heading: 'STARTED (UTC)', cell: ({ startedAt }) => minute(startedAt), dispensable: 4 },
    { heading: 'TOOK', cell: tookCell, dispensable: 3 },
    { heading: 'TARGET', cell: ({ target }) => target.name, dispensable: 5 },
  ]
  const failed = jobs.filter(({ errorMessage }) => errorMessage !== undefined)
  return [fittingTable(columns, jobs, out), ...failed.map(({ id, errorMessage }) => `${id}: ${errorMessage}`)].join(
    '\n',
  )
}

export function noJobs(status: string | undefined, vm: string | undefined): string {
  const how = status === undefined ? '' : ` ${status.replace('_', '-')}`
  return `No${how} copies${vm === undefined ? '' : ` of ${vm}`} are on record.`
}

function statusCell({ status, percent }: ReplicationJob): string {
  return status === 'in_progress' ? `in progress, ${Math.floor(percent)} %` : status
}

function tookCell({ startedAt, completedAt, status }: ReplicationJob): string {
  return status === 'completed' && completedAt ? span((+completedAt - +startedAt) / 1000) : ''
}

/** What a command that copies has to say at its end. */
export function describeReplication(jobs: readonly ReplicationJob[], region: string, lacking = false): string {
  if (jobs.length === 0) return `Everything ${lacking ? 'that can be copied ' : ''}is in ${region} already.`
  const of = (status: ReplicationJob['status']) => jobs.filter((job) => job.status === status).length
  const parts = [
    [of('completed'), 'in'] as const,
    [of('in_progress'), 'on the way to'] as const,
    [of('pending'), `waiting for ${of('pending') === 1 ? 'its' : 'their'} turn to go to`] as const,
    [of('failed'), 'not made in'] as const,
  ]
  const told = parts.flatMap(([count, where]) => (count > 0 ? [`${copies(count)} ${where} ${region}`] : []))
  const goesOn = of('in_progress') + of('pending') > 0
  const [vm] = jobs.map((job) => job.vm.name)
  return `${told.join('; ')}.${goesOn ? ` azlin backup replication-status ${vm} shows how far they are.` : ''}`
}

export function statusLines(vm: string, { jobs, regions }: ReplicationStatus, now: Date, out: Columns): string {
  const lines = regions.map(({ region, newest, rpoSeconds, lags }) => {
    if (!newest || rpoSeconds === undefined) return `${region}: no backup of ${vm} is complete there yet.`
    const lag = lags[0] ? `; it arrived ${span(lags[0].lagSeconds)} after it was begun` : ''
    return `${region}: the newest backup that is complete there is ${age(newest.createdAt, now)} old (RPO ${span(rpoSeconds)})${lag}: ${newest.name}.`
  })
  if (jobs.length === 0 && lines.length === 0) return `No backup of ${vm} has been copied to another region.`
  return [...lines, jobTable(jobs, out)].join('\n')
}

const copies = (count: number) => (count === 1 ? '1 copy' : `${count} copies`)
