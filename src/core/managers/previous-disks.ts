/** What becomes of the disks that a restore in place has replaced. */
import { resourceRefOf } from '../domain/arm-id.js'
import type { AttachedDisk, VmRef } from '../domain/machine.js'
import { previousDiskTags } from '../domain/previous-disk.js'
import { persist } from '../retry.js'
import type { Run } from '../run.js'
import { timeFor } from '../time-limit.js'
import { removalMs, type TemporaryDeps } from './temporary-resources.js'

export interface Replaced {
  readonly previous: readonly AttachedDisk[]
  readonly deletePreviousDisks: boolean
  /** False: it runs, and nothing showed that its system came up. */
  readonly guestReported: boolean
}

/**
 * They stay, marked with what they were; or go, when the user asked for that and the guest has reported: until then
 * they may be all that is good. Neither can fail the restore.
 *
 * @returns names of those that went.
 */
export async function settlePrevious(
  { azure, clock }: Pick<TemporaryDeps, 'azure' | 'clock'>,
  machine: VmRef,
  { previous, deletePreviousDisks, guestReported }: Replaced,
  run: Run,
): Promise<readonly string[]> {
  const signal = timeFor(`settling the old disks of ${machine.name}`, removalMs)
  const mark = previousDiskTags(machine.name, clock.now())
  const tell = (text: string) => run.report({ type: 'notice', code: 'PREVIOUS_DISK', text })
  if (deletePreviousDisks && !guestReported && previous.length > 0) tell(keptUnseen(machine, previous))

  const gone = await Promise.all(
    previous.map(async (disk): Promise<readonly string[]> => {
      try {
        if (!deletePreviousDisks || !guestReported) {
          await azure.tags.merge(disk.id, mark, signal)
          return []
        }
        // By its id: what a VM calls a disk need not be its name.
        const ref = resourceRefOf(disk.id) ?? { name: disk.name, resourceGroup: machine.resourceGroup }
        await persist(() => azure.disks.remove(ref, signal), { clock, signal })
        run.report({ type: 'disk.removed', disk: disk.name })
        return [disk.name]
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        tell(`The old disk ${disk.name} is kept as it was. ${text}`)
        return []
      }
    }),
  )
  return gone.flat()
}

function keptUnseen({ name }: VmRef, previous: readonly AttachedDisk[]): string {
  const disks = previous.map((disk) => disk.name).join(', ')
  return `The old disks of ${name} are kept all the same, as nothing showed that its system came up: ${disks}. Delete them once you have looked.`
}
