/** How far copies in the background are. All read from the clock; only what holds them up is written down. */
import type { Faults } from '../faults.js'
import { same } from '../network/json.js'
import type { Arrival, BackgroundCopy, Hidden, Resource } from '../resource.js'
import type { World } from '../world.js'
import { snapshotType } from './disk-model.js'

/** What the control interface tells of a copy; times are the sandbox's. */
export interface CopyReport {
  readonly source: string
  readonly target: string
  readonly region: string
  readonly startedAt: string
  /** When it was complete. Absent while it is not, and for ever when it broke off. */
  readonly finishedAt?: string
  readonly percent: number
  /** How long it takes when nothing holds it up, in milliseconds of the sandbox's clock. */
  readonly durationMs: number
  readonly stalled: boolean
  readonly errorCode?: string
}

/** From 0 to 100; undefined for what has all of its data from the beginning. */
export function completionPercent(world: World, { hidden }: Resource): number | undefined {
  const work = workOf(hidden)
  return work && Math.min(100, Math.floor((workDone(world, work) / Math.max(1, work.workMs)) * 100))
}

export function copyCompletionError(world: World, { hidden }: Resource): BackgroundCopy['failure'] {
  const { copy } = hidden
  return copy?.failure && workDone(world, copy) >= copy.failure.atMs ? copy.failure : undefined
}

/** Copied by request, and under way, be it that it stands still. */
export function isCopying(world: World, snapshot: Resource): boolean {
  return snapshot.hidden.copy !== undefined && isUnderWay(world, snapshot)
}

/** A snapshot whose data follow it from its disk, and are not there yet. */
export function isArriving(world: World, snapshot: Resource): boolean {
  return snapshot.hidden.arrival !== undefined && isUnderWay(world, snapshot)
}

function isUnderWay(world: World, snapshot: Resource): boolean {
  const work = workOf(snapshot.hidden)
  if (!work) return false
  const done = workDone(world, work)
  return done < work.workMs && !(work.failure && done >= work.failure.atMs)
}

/**
 * Of a disk that has grown the snapshots fail whose data are not there yet. Source: the restrictions of incremental
 * snapshots. How they look then is not said there; taken to be as anything that Azure could not make.
 */
export function failArrivals(world: World, disk: Resource): void {
  for (const snapshot of world.list(snapshotType)) {
    const { arrival } = snapshot.hidden
    if (!arrival || !same(arrival.sourceId, disk.id) || !isArriving(world, snapshot)) continue
    const failure = { atMs: workDone(world, arrival), errorCode: 'DiskResized', errorMessage: 'The disk was resized.' }
    snapshot.hidden.arrival = { ...arrival, failure }
    snapshot.properties = { ...snapshot.properties, provisioningState: 'Failed' }
  }
}

/** A copy whose source goes away breaks off, and says so for ever. */
export function breakOff(world: World, snapshot: Resource, errorMessage: string): void {
  const { copy } = snapshot.hidden
  if (!copy) return
  const failure = { atMs: workDone(world, copy), errorCode: 'CopySourceNotFound', errorMessage }
  snapshot.hidden.copy = { ...copy, failure }
}

/** Has copies stand still or go on, as their regions and the faults now are. To be called when either changed. */
export function reviewCopies(world: World, faults: Faults): void {
  for (const snapshot of world.list(snapshotType)) {
    const { copy, arrival } = snapshot.hidden
    if (!isUnderWay(world, snapshot)) continue
    if (copy) snapshot.hidden.copy = reviewed(world, faults, snapshot, copy)
    else if (arrival) snapshot.hidden.arrival = reviewed(world, faults, snapshot, arrival)
  }
  world.changed()
}

function reviewed<T extends Arrival>(world: World, faults: Faults, snapshot: Resource, copy: T) {
  const { limitMs: _limit, stalledBy, since: _since, ...rest } = copy
  const doneMs = workDone(world, copy)
  const known = stalledBy !== undefined && faults.has(stalledBy)
  const [struck] = known ? [] : faults.strike(['stallCopy'], { path: snapshot.id })
  const stall = known
    ? { stalledBy, limitMs: copy.limitMs ?? doneMs }
    : struck && { stalledBy: struck.id, limitMs: Math.max(doneMs, ((struck.percent ?? 0) / 100) * copy.workMs) }
  const sourceRegion = world.get(copy.sourceId)?.location
  const down = [sourceRegion, snapshot.location].some((region) => region !== undefined && faults.isDown(region))
  return { ...rest, ...stall, doneMs, ...(!down && { since: world.now().toISOString() }) }
}

export function copyReports(world: World): CopyReport[] {
  return world.list(snapshotType).flatMap((snapshot) => {
    const { copy } = snapshot.hidden
    if (!copy) return []
    const percent = completionPercent(world, snapshot) ?? 0
    const failure = copyCompletionError(world, snapshot)
    const end = Date.parse(copy.since ?? '') + copy.workMs - copy.doneMs
    return {
      source: copy.sourceId,
      target: snapshot.id,
      region: snapshot.location,
      startedAt: copy.startedAt,
      ...(percent === 100 && { finishedAt: new Date(end).toISOString() }),
      percent,
      durationMs: copy.workMs,
      stalled: isCopying(world, snapshot) && (copy.since === undefined || workDone(world, copy) === copy.limitMs),
      ...(failure && { errorCode: failure.errorCode }),
    }
  })
}

function workOf({ copy, arrival }: Hidden): Arrival | undefined {
  return copy ?? arrival
}

function workDone(world: World, { doneMs, since, limitMs, failure, workMs }: Arrival): number {
  const now = since === undefined ? doneMs : doneMs + world.now().getTime() - Date.parse(since)
  return Math.min(now, workMs, limitMs ?? workMs, failure?.atMs ?? workMs)
}
