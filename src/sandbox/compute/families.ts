/** Chains of incremental snapshots, and the rules that hold within one. */
import { createHash } from 'node:crypto'
import { invalidParameter, notAllowed } from '../errors.js'
import { same, textAt } from '../network/json.js'
import type { Resource } from '../resource.js'
import type { World } from '../world.js'
import { completionPercent, isArriving, isCopying } from './copy-progress.js'
import { snapshotType } from './disk-model.js'

const windowMs = 5 * 60_000
const mostInWindow = 7
const mostOfDisk = 500
/** Of Premium SSD v2 and Ultra disks: snapshots of one disk whose data are not there yet, and of the subscription. */
const mostPending = 3
const mostArriving = 50
/** Per subscription and region; it is not said whether of the source or the target: so both. */
const mostCopies = 100

/** The chain that an incremental snapshot of this source in this region belongs to; another one in each region. */
export function familyOf(world: World, source: Resource, location: string): string {
  const known = textAt(source.properties, 'incrementalSnapshotFamilyId')
  if (known !== undefined && source.location === location) return known
  const chain = known ?? textAt(source.properties, 'uniqueId') ?? source.id
  const hash = createHash('sha256').update(`${world.secret} ${chain} ${location}`).digest('hex')
  return hash.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/, '$1-$2-4$3-a$4-$5')
}

export function membersOf(world: World, family: string): Resource[] {
  return world
    .list(snapshotType)
    .filter(({ properties }) => same(textAt(properties, 'incrementalSnapshotFamilyId'), family))
}

/** Counts those that were deleted meanwhile too. Remembers this one. */
export function checkPace(world: World, disk: Resource, family: string): void {
  const now = world.now().getTime()
  const kept = disk.hidden['incrementalSnapshotTimes']
  const recent = (Array.isArray(kept) ? (kept as number[]) : []).filter((time) => time > now - windowMs)
  if (recent.length >= mostInWindow) {
    throw notAllowed(
      `Cannot create more than ${mostInWindow} incremental snapshots of disk '${disk.name}' within 5 minutes. Please retry later.`,
    )
  }
  if (membersOf(world, family).length >= mostOfDisk) {
    throw notAllowed(`The disk '${disk.name}' has ${mostOfDisk} incremental snapshots already, which is the maximum.`)
  }
  disk.hidden['incrementalSnapshotTimes'] = [...recent, now]
}

/** The limits are documented (restrictions of incremental snapshots), the answer to one too many is not: code and words are a guess. */
export function checkPending(world: World, disk: Resource): void {
  const arriving = world.list(snapshotType).filter((snapshot) => isArriving(world, snapshot))
  if (arriving.filter(({ hidden }) => same(hidden.arrival?.sourceId, disk.id)).length >= mostPending) {
    throw notAllowed(
      `The disk '${disk.name}' has ${mostPending} snapshots in pending state already, which is the maximum. Please retry when their background copy has completed.`,
    )
  }
  if (arriving.length >= mostArriving) {
    throw notAllowed(`There are ${mostArriving} background copies of snapshots active already, which is the maximum.`)
  }
}

/** One copy of a chain at a time, in the order in which the snapshots were taken. */
export function checkCopyOrder(world: World, source: Resource, family: string, location: string): void {
  const copies = world.list(snapshotType).filter(({ hidden }) => hidden.copy?.sourceFamily === family)
  const running = copies.find((copy) => isCopying(world, copy))
  if (running) {
    throw notAllowed(
      `Only one snapshot of a disk can be copied at a time. The copy '${running.id}' is still in progress; retry when it has completed.`,
    )
  }
  const busy = world.list(snapshotType).filter((copy) => isCopying(world, copy))
  for (const region of [source.location, location]) {
    const there = busy.filter(
      ({ hidden, location: to }) => to === region || world.get(hidden.copy?.sourceId ?? '')?.location === region,
    )
    if (there.length >= mostCopies) {
      throw notAllowed(
        `There are ${mostCopies} snapshot copies in progress in region '${region}', which is the maximum.`,
      )
    }
  }
  const taken = Date.parse(textAt(source.properties, 'timeCreated') ?? '')
  const later = copies.find((copy) => copy.location === location && Number(copy.hidden['sourceTime']) > taken)
  if (later) {
    throw invalidParameter(
      `Incremental snapshots must be copied in the order in which they were created. The later snapshot '${later.name}' was already copied to '${location}'.`,
      'creationData.sourceResourceId',
    )
  }
}

/** Whether only the change since an earlier copy has to travel. */
export function hasEarlierCopy(world: World, family: string, location: string): boolean {
  return world.list(snapshotType).some((snapshot) => {
    const { location: region, hidden } = snapshot
    return region === location && hidden.copy?.sourceFamily === family && completionPercent(world, snapshot) === 100
  })
}
