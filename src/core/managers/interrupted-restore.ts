import type { Clock } from '../clock.js'
import { resourceRefOf, sameId } from '../domain/arm-id.js'
import type { Disk, Machine, VmRef } from '../domain/machine.js'
import { isPreviousDisk, previousDiskTags } from '../domain/previous-disk.js'
import { AzlinError } from '../errors.js'
import type { Azure } from '../ports/azure.js'
import type { JournalEntry } from '../ports/records.js'
import { persist } from '../retry.js'
import type { Run } from '../run.js'
import { lackingIn } from './half-swapped.js'

/** A swap takes Azure a minute or two. */
const restMs = 5 * 60_000
const lookEveryMs = 2_000

/**
 * Ends a restore in place whose process died. The VM has either all its old disks or all
 * the new ones, or gets what it lacks of the one or the other: it keeps the ones it has, and runs
 * again if it ran before or has been restored. One that was started then, and was stopped
 * since, stays stopped. Nothing is detached and nothing deleted.
 *
 * @returns what was done (or, in a dry run, is to be done), in a sentence; undefined when there is nothing to do.
 */
export async function settleRestore(
  { azure, clock }: { readonly azure: Azure; readonly clock: Clock },
  entry: JournalEntry,
  dryRun: boolean,
  run: Run,
): Promise<string | undefined> {
  const { resourceId, details, kept: wasStarted } = entry
  const ref = resourceRefOf(resourceId)
  const found = ref && (await atRest({ azure, clock }, ref, run))
  if (!found) return undefined
  const machine = await madeWhole({ azure, clock }, found, entry, dryRun, run)

  const newDisks = idsIn(details['newDisks'])
  const swapped = machine.disks.some((disk) => newDisks.some((id) => sameId(id, disk.id)))
  const replaced = previousDisksIn(details)
  const previous = await leftOver(azure, machine, replaced, run)
  const kept = previous.length > 0 ? `; its old disks are kept: ${previous.map(({ name }) => name).join(', ')}` : ''
  if (!dryRun) await markPrevious({ azure, clock }, machine, previous, run)
  const { power } = await azure.machines.status(machine, run.signal)
  // Where it has neither the new disks nor the old ones, whoever gave it others has seen to that; and it may be another
  // VM, made under its name.
  const hasOld = replaced.length === 0 || machine.disks.some(({ id }) => replaced.some((old) => sameId(old, id)))
  const isUntouched = hasOld && previous.length === 0
  const shouldRun = !wasStarted && (swapped || (details['wasRunning'] === true && isUntouched))
  if (!shouldRun || power === 'running' || power === 'starting')
    return kept === '' ? undefined : `${machine.name} has ${swapped ? 'its restored' : 'other'} disks${kept}`

  const left = `${machine.name} was left stopped with its ${swapped ? 'restored' : 'old'} disks`
  if (dryRun) return `${left}, and is to be started${kept}`
  run.report({ type: 'vm.power', vm: machine.name, to: 'starting' })
  await persist(() => azure.machines.start(machine, run.signal), { clock, signal: run.signal })
  return `${left}, and runs again${kept}`
}

/** With all of the disks that it has some of; in a dry run, as it would be then. */
async function madeWhole(
  { azure, clock }: { readonly azure: Azure; readonly clock: Clock },
  machine: Machine,
  entry: JournalEntry,
  dryRun: boolean,
  run: Run,
): Promise<Machine> {
  const lacking = lackingIn(machine, entry)
  if (lacking.length === 0) return machine
  const deleteOption = 'Detach'
  if (dryRun)
    return { ...machine, disks: [...machine.disks, ...lacking.map((disk) => ({ ...disk, deleteOption }) as const)] }
  run.report({ type: 'vm.swapping', vm: machine.name, disks: lacking.length })
  const { signal } = run
  await persist(() => azure.machines.swapDisks(machine, lacking, undefined, signal), { clock, signal })
  run.report({ type: 'vm.swapped', vm: machine.name })
  return azure.machines.get(machine, signal)
}

/**
 * Undefined when it is gone. A swap that its process sent before it died may still be under way, and may still fail: until
 * it has ended, nobody can say which disks the VM has. CONFLICT when that does not end.
 */
async function atRest(
  { azure, clock }: { readonly azure: Azure; readonly clock: Clock },
  ref: VmRef,
  run: Run,
): Promise<Machine | undefined> {
  const begun = clock.elapsed()
  for (let looks = 1; ; looks++) {
    const machine = await azure.machines.find(ref, run.signal)
    if (!machine || /^(succeeded|failed|canceled)$/i.test(machine.provisioningState)) return machine
    if (clock.elapsed() - begun > restMs)
      throw new AzlinError('CONFLICT', { what: machine.name, reason: 'it is being changed, and that takes its time' })
    const reason = `something is being done to ${machine.name}`
    if (looks === 2) run.report({ type: 'azure.waiting', seconds: restMs / 1000, reason })
    await clock.sleep(lookEveryMs, run.signal)
  }
}

/** What it was to replace, and what it has started its VM with: what is written on them is nobody's to remove. Lower case. */
export function disksInProduction({ details, kept }: JournalEntry): readonly string[] {
  return kept ? disksOfRestore(details) : previousDisksIn(details).map((id) => id.toLowerCase())
}

/** ARM ids of what the restore was to replace. */
function previousDisksIn(details: JournalEntry['details']): readonly string[] {
  return idsIn(details['previousDisks'])
}

/** All that the restore was about; lower case. */
export function disksOfRestore(details: JournalEntry['details']): readonly string[] {
  return [...idsIn(details['newDisks']), ...previousDisksIn(details)].map((id) => id.toLowerCase())
}

function idsIn(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.map(String) : []
}

/** Old disks that exist, and that no VM has (again): also where a later restore has put others in the place of the new ones. */
async function leftOver({ disks }: Azure, machine: Machine, ids: readonly string[], run: Run) {
  const refs = ids
    .filter((id) => !machine.disks.some((disk) => sameId(disk.id, id)))
    .flatMap((id) => resourceRefOf(id) ?? [])
  const found = await Promise.all(refs.map((ref) => disks.find(ref, run.signal)))
  return found.filter((disk) => disk !== undefined).filter(({ managedBy }) => managedBy === undefined)
}

/** As a restore that came to its end does. That one cannot be marked keeps nothing from running again. */
async function markPrevious(
  { azure, clock }: { readonly azure: Azure; readonly clock: Clock },
  { name }: Machine,
  previous: readonly Disk[],
  run: Run,
): Promise<void> {
  const mark = previousDiskTags(name, clock.now())
  const unmarked = previous.filter(({ tags }) => !isPreviousDisk(tags))
  await Promise.all(
    unmarked.map(async ({ id }) => {
      try {
        await azure.tags.merge(id, mark, run.signal)
      } catch (error) {
        if (!AzlinError.is(error) || run.signal.aborted) throw error
      }
    }),
  )
}
