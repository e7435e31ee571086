/** How far copies in the background are. All read from the clock; only what holds them up is written down. */
import type { Faults } from '../faults.js'
import type { BackgroundCopy, Resource } from '../resource.js'
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

/** From 0 to 100; undefined for what was never a copy. */
export function completionPercent(world: World, { hidden }: Resource): number | undefined {
  const { copy } = hidden
  return copy && Math.min(100, Math.floor((workDone(world, copy) / Math.max(1, copy.workMs)) * 100))
}

export function copyCompletionError(world: World, { hidden }: Resource): BackgroundCopy['failure'] {
  const { copy } = hidden
  return copy?.failure && workDone(world, copy) >= copy.failure.atMs ? copy.failure : undefined
}

/** Under way, be it that it stands still. */
export function isCopying(world: World, snapshot: Resource): boolean {
  const percent = completionPercent(world, snapshot)
  return percent !== undefined && percent < 100 && copyCompletionError(world, snapshot) === undefined
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
  for (const snapshot of world.list(snapshotType)) if (isCopying(world, snapshot)) review(world, faults, snapshot)
  world.changed()
}

function review(world: World, faults: Faults, snapshot: Resource): void {
  const { copy } = snapshot.hidden
  if (!copy) return
  const { limitMs: _limit, stalledBy, since: _since, ...rest } = copy
  const doneMs = workDone(world, copy)
  const known = stalledBy !== undefined && faults.has(stalledBy)
  const [struck] = known ? [] : faults.strike(['stallCopy'], { path: snapshot.id })
  const stall = known
    ? { stalledBy, limitMs: copy.limitMs ?? doneMs }
    : struck && { stalledBy: struck.id, limitMs: Math.max(doneMs, ((struck.percent ?? 0) / 100) * copy.workMs) }
  const sourceRegion = world.get(copy.sourceId)?.location
  const down = [sourceRegion, snapshot.location].some((region) => region !== undefined && faults.isDown(region))
  snapshot.hidden.copy = { ...rest, ...stall, doneMs, ...(!down && { since: world.now().toISOString() }) }
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

function workDone(world: World, { doneMs, since, limitMs, failure, workMs }: BackgroundCopy): number {
  const now = since === undefined ? doneMs : doneMs + world.now().getTime() - Date.parse(since)
  return Math.min(now, workMs, limitMs ?? workMs, failure?.atMs ?? workMs)
}
