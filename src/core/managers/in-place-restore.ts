/**
 * Puts the disks of a recovery point in the place of a VM's own, as a transaction.
 *
 * The new disks are made while the VM still runs. Then: deallocate, swap all disks
 * in one request (in two more where Azure wants that), start, wait for the guest. Until the guest has reported, any
 * failure puts the old disks and the old power state back. The old disks are never
 * written to, and are only removed when the user asked for it and the guest has reported.
 */

import { sameId } from '../domain/arm-id.js'
import { type Machine, type MachineStatus, showsAgent } from '../domain/machine.js'
import { restoredDiskName } from '../domain/naming.js'
import type { DiskPlan } from '../domain/restore.js'
import { placeName } from '../domain/restore.js'
import { temporaryTag } from '../domain/temporary.js'
import { AzlinError } from '../errors.js'
import type { DiskAt } from '../ports/azure.js'
import type { NewJournalEntry } from '../ports/records.js'
import { persist } from '../retry.js'
import type { Run } from '../run.js'
import { agentOwed, awaitBoot, type BootDeps, knownStatus } from './boot.js'
import { diskToken } from './disk-token.js'
import { closeEntry, keepEntry } from './journal-end.js'
import { settlePrevious } from './previous-disks.js'
import { type MadeDisk, type TemporaryDeps, TemporaryResources } from './temporary-resources.js'
import { mayHaveRun, type Sent, undoRestore } from './undo-restore.js'

export interface InPlacePlan {
  readonly machine: Machine
  readonly pointName: string
  readonly disks: readonly DiskPlan[]
  readonly deletePreviousDisks: boolean
  /** The backup says whether the VM had a working guest agent; where it does not, the VM of today may. */
  readonly agent: boolean | undefined
}

export interface InPlaceResult {
  readonly restoredDisks: readonly string[]
  readonly previousDisks: readonly string[]
  /** Those of the previous disks that are gone. */
  readonly deletedDisks: readonly string[]
  readonly rtoSeconds: number
  /** False: it runs, and no guest agent was there to say that its system came up. */
  readonly guestReported: boolean
  /** ARM ids of what is in use and still carries the mark of temporary things. */
  readonly stillMarked: readonly string[]
}

export type InPlaceDeps = TemporaryDeps & { readonly boot: BootDeps }

export async function restoreInPlace(deps: InPlaceDeps, plan: InPlacePlan, run: Run): Promise<InPlaceResult> {
  const { azure, clock, journal } = deps
  const { machine } = plan
  const start = clock.elapsed()
  const temporary = new TemporaryResources(deps, `restore ${machine.name}`)

  const [now, before] = await Promise.all([
    azure.machines.get(machine, run.signal),
    knownStatus(deps.boot, machine, run),
  ])
  refuseIfChanged(now, plan.disks)
  await unmarkPrevious(deps, plan, run)
  if (!mayHaveRun(before)) run.report({ type: 'notice', code: 'WILL_START', text: willStart(machine, before) })
  let made: readonly MadeDisk[]
  try {
    made = await makeDisks(deps, plan, temporary, run)
  } catch (error) {
    await temporary.remove(run)
    throw error
  }

  let journalId: string | undefined
  let guestReported: boolean
  const sent: Sent = new Set()
  let entry: NewJournalEntry = {
    kind: 'restore',
    resourceId: machine.id,
    purpose: `restore ${machine.name}`,
    details: {
      wasRunning: mayHaveRun(before),
      newDisks: made.map(({ disk }) => disk.id),
      places: made.map((one) => ({ made: toPlace(one), previous: placeOf(one.plan) })),
      previousDisks: plan.disks.flatMap(({ previous }) => previous?.id ?? []),
    },
  }
  const note: Notes = {
    freeing: async () => {
      sent.add('free')
      entry = { ...entry, details: { ...entry.details, freed: true } }
      journalId = await writtenAnew(deps, journalId, entry, run)
    },
    started: () => keepEntry(journal, journalId, run),
  }
  try {
    journalId = await journal?.open(entry, clock.now())
    guestReported = await swapAndStart(deps, plan, made, before, sent, note, run)
  } catch (error) {
    // It is going to be stopped again, so whoever finds it stopped must start it again.
    if (sent.has('start')) journalId = await writtenAnew(deps, journalId, entry, run)
    const { isSure, hasOld } = await undoRestore(deps, { plan, made, before, sent, cause: error }, run)
    // What a VM has run with is nobody's to remove, and whoever replaced it may have promised to keep it.
    const isKept = !hasOld && sent.has('start')
    if (isKept) await temporary.keep(run)
    else await temporary.remove(run)
    if (isSure) await closeEntry(journal, journalId, run)
    else run.report({ type: 'notice', code: 'MAY_ARRIVE', text: mayArrive(machine) })
    if (run.signal.aborted) throw error
    const reason = error instanceof Error ? error.message : String(error)
    if (hasOld) throw new AzlinError('RESTORE_ROLLED_BACK', { vm: machine.name, reason }, { cause: error })
    throw AzlinError.is(error, 'CONFLICT') ? error : replacedMeanwhile(machine, isKept ? made : [], error)
  }

  // The guest has reported: from here on the restore stands, whatever else goes wrong.
  const rtoSeconds = (clock.elapsed() - start) / 1000
  const stillMarked = await temporary.keep(run)
  const previous = plan.disks.flatMap((disk) => (disk.previous ? [disk.previous] : []))
  const { deletePreviousDisks } = plan
  const deletedDisks = await settlePrevious(deps, machine, { previous, deletePreviousDisks, guestReported }, run)
  // Last: of a restore that ends before, azlin cleanup marks and names the old disks.
  await closeEntry(journal, journalId, run)
  return {
    restoredDisks: made.map(({ disk }) => disk.name),
    previousDisks: previous.map((disk) => disk.name),
    deletedDisks,
    rtoSeconds,
    guestReported,
    stillMarked,
  }
}

/** @returns the id of the entry that counts from then on: the former one, where no other can be written. */
async function writtenAnew(
  { journal, clock }: InPlaceDeps,
  former: string | undefined,
  entry: NewJournalEntry,
  run: Run,
): Promise<string | undefined> {
  try {
    const id = await journal?.open(entry, clock.now())
    await closeEntry(journal, former, run)
    return id
  } catch {
    return former
  }
}

/** From the swap on no VM has it, and azlin cleanup, on another computer too, would take it for a leftover. */
async function unmarkPrevious({ azure, clock }: InPlaceDeps, { disks }: InPlacePlan, run: Run): Promise<void> {
  const { signal } = run
  for (const { previous, isPreviousMarked } of disks)
    if (previous && isPreviousMarked)
      await persist(() => azure.tags.remove(previous.id, [temporaryTag], signal), { clock, signal })
}

function makeDisks(
  { clock }: InPlaceDeps,
  { machine, pointName, disks }: InPlacePlan,
  temporary: TemporaryResources,
  run: Run,
): Promise<readonly MadeDisk[]> {
  const [at, token] = [clock.now(), diskToken()]
  const wanted = disks.map((plan) => ({
    plan,
    ref: { name: restoredDiskName(machine.name, plan.lun, at, token), resourceGroup: resourceGroupOf(plan, machine) },
  }))
  return temporary.makeDisks(wanted, machine.region, { 'azlin:restored-from': pointName }, run)
}

/** A restored disk stands beside the one it replaces. */
function resourceGroupOf({ previous }: DiskPlan, machine: Machine): string {
  return /\/resourceGroups\/([^/]+)\//i.exec(previous?.id ?? '')?.[1] ?? machine.resourceGroup
}

/** What the journal is told on the way. */
interface Notes {
  readonly freeing: () => Promise<void>
  readonly started: () => Promise<void>
}

/** @returns whether its guest agent reported. */
async function swapAndStart(
  { azure, boot }: InPlaceDeps,
  { machine, disks, agent }: InPlacePlan,
  made: readonly MadeDisk[],
  before: MachineStatus,
  sent: Sent,
  note: Notes,
  run: Run,
): Promise<boolean> {
  const { machines } = azure
  // Somebody may have changed the VM while the disks were being made: then it is not even stopped.
  refuseIfChanged(await machines.get(machine, run.signal), disks)
  if (before.power !== 'deallocated') {
    run.report({ type: 'vm.power', vm: machine.name, to: 'deallocating' })
    await machines.deallocate(machine, run.signal, () => void sent.add('deallocate'))
  }
  run.report({ type: 'vm.power', vm: machine.name, to: 'deallocated' })

  // Or while it was being stopped.
  const now = await machines.get(machine, run.signal)
  refuseIfChanged(now, disks)

  run.report({ type: 'vm.swapping', vm: machine.name, disks: made.length })
  const steps = { sent: () => void sent.add('swap'), freeing: note.freeing }
  await machines.swapDisks(machine, made.map(toPlace), now.etag, run.signal, steps)
  run.report({ type: 'vm.swapped', vm: machine.name })

  const stopped = await machines.status(machine, run.signal)
  run.report({ type: 'vm.power', vm: machine.name, to: 'starting' })
  sent.add('start')
  await machines.start(machine, run.signal)
  // From here on whoever finds it stopped does not know who stopped it, and why.
  await note.started()
  const earlier = stopped.agent?.at ? stopped : before
  const reported = await awaitBoot(boot, machine, earlier, agentOwed(agent ?? showsAgent(before)), run)
  if (!reported)
    run.report({
      type: 'notice',
      code: 'NO_GUEST_AGENT',
      text: `${machine.name} runs, but no guest agent has reported; look at it yourself.`,
    })
  run.report({ type: 'vm.ready', vm: machine.name })
  return reported
}

/** CONFLICT when a disk that is to be replaced is no longer where it was when the plan was made. */
function refuseIfChanged(now: Machine, disks: readonly DiskPlan[]): void {
  for (const { lun, previous } of disks) {
    const there = now.disks.find((disk) => disk.lun === lun)
    if (there ? !sameId(there.id, previous?.id) : previous !== undefined)
      throw new AzlinError('CONFLICT', { what: now.name, reason: `${placeName(lun)} was changed meanwhile` })
  }
}

function toPlace({ plan, disk }: MadeDisk): DiskAt {
  return { id: disk.id, name: disk.name, lun: plan.lun, caching: plan.caching }
}

function placeOf({ previous }: DiskPlan): DiskAt | undefined {
  return previous && { id: previous.id, name: previous.name, lun: previous.lun, caching: previous.caching }
}

function replacedMeanwhile({ name }: Machine, kept: readonly MadeDisk[], cause: unknown): AzlinError {
  const disks = kept.map(({ disk }) => disk.name).join(', ')
  const those = disks === '' ? '' : `, and those of this restore are kept: ${disks}`
  const why = cause instanceof Error ? cause.message : String(cause)
  return new AzlinError(
    'CONFLICT',
    { what: name, reason: `its disks were replaced meanwhile${those}. ${why}` },
    { cause },
  )
}

function mayArrive({ name }: Machine): string {
  return `What was asked of ${name} last got no answer, and Azure may still do it: azlin cleanup looks again.`
}

function willStart({ name }: Machine, { power }: MachineStatus): string {
  return `${name} is ${power}; it is started once it has its new disks, because only then is it known to work.`
}
