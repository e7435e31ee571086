/** One backup: its tier and name, its snapshots, and a second look at who else took one meanwhile. */
import { randomInt } from 'node:crypto'
import { sameId } from '../domain/arm-id.js'
import type { Backup, Tier } from '../domain/backup.js'
import { filledPercent, isFilling, taken } from '../domain/filling.js'
import { backupName, stampOf } from '../domain/naming.js'
import { recoveryTag } from '../domain/recovery-tags.js'
import { settleTier } from '../domain/rivals.js'
import type { Snapshot } from '../domain/snapshot.js'
import { tagOf } from '../domain/tag-text.js'
import { retentionOf, tierFor, vanished } from '../domain/tiers.js'
import { AzlinError } from '../errors.js'
import type { Records } from '../ports/records.js'
import type { Run } from '../run.js'
import { textOf } from './audited.js'
import { backupGroupOf, type Inventory, refreshed, withSnapshots } from './backup-inventory.js'
import { capture, newToken } from './capture.js'
import type { ManagerDeps } from './deps.js'

export interface Taken {
  readonly backup: Backup
  /** What there is now that it was taken. */
  readonly inventory: Inventory
}

/** Another computer may have taken the same name in the same second; the next second is free. */
const attempts = 4

/** TIER_OFF, UNSUPPORTED_DISK, BACKUP_FAILED, CONFLICT. */
export async function takeBackup(
  deps: ManagerDeps,
  records: Records,
  inventory: Inventory,
  forced: Tier | undefined,
  run: Run,
): Promise<Taken> {
  tellWhatVanished(inventory, deps.clock.now(), run)
  let before = inventory
  for (let attempt = 1; ; attempt++) {
    const outcome = await tryOnce(deps, records, before, forced, run)
    if ('backup' in outcome) return outcome
    if (attempt === attempts) {
      const reason = 'other backups take the same name again and again'
      throw new AzlinError('CONFLICT', { what: before.machine.name, reason })
    }
    // Not the same pause as theirs: else both take the next second, too.
    await deps.clock.sleep(randomInt(100, 3_000), run.signal)
    before = outcome.collided
  }
}

async function tryOnce(
  deps: ManagerDeps,
  records: Records,
  before: Inventory,
  forced: Tier | undefined,
  run: Run,
): Promise<Taken | { readonly collided: Inventory }> {
  const { machine } = before
  const at = await freeSecond(deps, before, run)
  const tier = chooseTier(before, forced, at)
  const set = backupName(machine.name, tier, at)
  const resourceGroup = backupGroupOf(before)
  run.report({ type: 'backup.started', vm: machine.name, backup: set, tier, disks: machine.disks.length })

  const request = {
    machine,
    set,
    resourceGroup,
    nameOf: (lun: number | null) => backupName(machine.name, tier, at, lun),
    tags: { [recoveryTag.backup]: set, [recoveryTag.tier]: tier },
    purpose: `backup ${machine.name}`,
    token: newToken(),
  }
  const captured = await captureUnlessTaken(deps, records, request, run)
  const listed = await refreshed(deps.azure, before, resourceGroup, run)
  const after = captured === 'taken' ? listed : await withLate(deps, listed, captured, run)
  const { backups, incomplete } = after.recovery
  const ours = [...backups, ...incomplete].find((one) => one.name === set)
  // Of two that took the same name, it belongs to the one whose tags the OS disk's snapshot has.
  if (!ours || tagOf(ours.disks[0]?.snapshot.tags ?? {}, recoveryTag.capture) !== request.token)
    return { collided: after }
  if (captured === 'taken' && !ours.complete) return { collided: after }
  const missing = machine.disks.length - ours.disks.length
  if (missing > 0) {
    const reason = `${missing} of its snapshots vanished while it was being taken`
    throw new AzlinError('BACKUP_FAILED', { vm: machine.name, disk: set, reason })
  }
  const settled = await settle(deps, records, before, after, ours, run)
  tellHonestly(settled.backup, run)
  run.report({ type: 'backup.finished', vm: machine.name, backup: set, complete: settled.backup.complete })
  return settled
}

async function captureUnlessTaken(
  deps: ManagerDeps,
  records: Records,
  request: Parameters<typeof capture>[2],
  run: Run,
): Promise<readonly Snapshot[] | 'taken'> {
  try {
    return await capture(deps, records, request, run)
  } catch (error) {
    if (AzlinError.is(error, 'NAME_TAKEN')) return 'taken'
    throw error
  }
}

/** A list may not show yet what was made a moment ago: each of those is asked for by its name. */
async function withLate(
  { azure }: ManagerDeps,
  listed: Inventory,
  captured: readonly Snapshot[],
  run: Run,
): Promise<Inventory> {
  const late = captured.filter(({ id }) => !listed.snapshots.some((one) => sameId(one.id, id)))
  if (late.length === 0) return listed
  const found = await Promise.all(late.map((one) => azure.snapshots.find(one, run.signal)))
  return withSnapshots(listed, [...listed.snapshots, ...found.filter((one) => one !== undefined)])
}

function chooseTier({ machine, schedule, recovery }: Inventory, forced: Tier | undefined, at: Date): Tier {
  // What is not complete yet holds no place: nobody can restore it.
  const tier = forced ?? tierFor(recovery.backups, schedule, at)
  if (tier === undefined || retentionOf(schedule, tier) === 0)
    throw new AzlinError('TIER_OFF', { vm: machine.name, tier: tier ?? 'daily' })
  return tier
}

/** The present second, or the next that no backup of this VM has. */
async function freeSecond({ clock }: ManagerDeps, { recovery }: Inventory, run: Run): Promise<Date> {
  const used = new Set([...recovery.backups, ...recovery.incomplete].map(({ createdAt }) => stampOf(createdAt)))
  let at = clock.now()
  for (let wait = 0; wait < 3 && used.has(stampOf(at)); wait++) {
    await clock.sleep(1_000 - (+at % 1_000), run.signal)
    at = clock.now()
  }
  // A clock that stands still, or was moved back into a crowd.
  while (used.has(stampOf(at))) at = new Date(+at + 1_000)
  return at
}

/** From two computers at once: at most one keeps the monthly (or weekly) place. */
async function settle(
  { azure }: ManagerDeps,
  records: Records,
  before: Inventory,
  after: Inventory,
  ours: Backup,
  run: Run,
): Promise<Taken> {
  const { backups, incomplete } = after.recovery
  const others = [...backups, ...incomplete].filter((one) => one.name !== ours.name)
  const abandoned = incomplete.length > 0 ? await abandonedHere(records) : []
  const lost = incomplete.filter((one) => wasFinished(one, before)).map(({ name }) => name)
  const settled = new Set([...taken(before.recovery).map(({ name }) => name), ...abandoned, ...lost])
  const tier = settleTier({ ours, others, settled, policy: after.schedule })
  if (tier === ours.tier) return { backup: ours, inventory: after }

  try {
    for (const { snapshot } of ours.disks) await azure.tags.merge(snapshot.id, { [recoveryTag.tier]: tier }, run.signal)
  } catch (error) {
    // The backup stands; to fail it now would be worse than a place taken twice.
    const text = `${ours.name} keeps its ${ours.tier} place beside another backup: ${textOf(error)}`
    run.report({ type: 'notice', code: 'PLACE_TAKEN_TWICE', text })
    return { backup: ours, inventory: after }
  }
  run.report({ type: 'backup.steppedDown', backup: ours.name, from: ours.tier, to: tier })
  const lower = { ...ours, tier }
  const swap = (list: readonly Backup[]) => list.map((one) => (one === ours ? lower : one))
  const recovery = { ...after.recovery, backups: swap(backups), incomplete: swap(incomplete) }
  return { backup: lower, inventory: { ...after, recovery } }
}

/** No other command of this computer can be backing this VM up now, so what its journal holds was left behind. */
async function abandonedHere({ journal }: Records): Promise<readonly string[]> {
  const entries = await journal.list()
  return entries.flatMap(({ kind, details }) => (kind === 'snapshot' ? [String(details['set'])] : []))
}

/** The schedule tells of it, as the last thing that its command wrote. */
function wasFinished({ createdAt }: Backup, { schedule }: Inventory): boolean {
  const last = [schedule.lastDaily, schedule.lastWeekly, schedule.lastMonthly]
  return last.some((at) => at !== undefined && stampOf(at) === stampOf(createdAt))
}

function tellWhatVanished({ machine, schedule, recovery }: Inventory, now: Date, run: Run): void {
  for (const tier of vanished(taken(recovery), schedule, now))
    run.report({
      type: 'notice',
      code: 'BACKUP_VANISHED',
      text: `The schedule tells of a ${tier} backup of ${machine.name}, but Azure has none: another one is due.`,
    })
}

function tellHonestly(backup: Backup, run: Run): void {
  const { name, disks } = backup
  if (disks.length > 1)
    run.report({
      type: 'notice',
      code: 'DISKS_NOT_IN_STEP',
      text: `${name} has ${disks.length} disks: each is consistent in itself, but not with the others.`,
    })
  if (isFilling(backup))
    run.report({
      type: 'notice',
      code: 'DATA_ARRIVING',
      text: `${name} was begun; Azure is still copying its data in the background (${filledPercent(backup)} % is there). It is listed, can be restored and is copied to another region when all of it is there.`,
    })
}
