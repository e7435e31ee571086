/** What becomes of a guest when its machine is switched on, by what its disk holds and what faults will have it. */
import type { Faults, SshTrouble } from '../faults.js'
import type { ImageContent } from '../image/content.js'
import { objectAt, textAt } from '../network/json.js'
import type { Resource } from '../resource.js'
import type { World } from '../world.js'

export interface GuestStart {
  /** Why it did not come up, as its console says in the end; undefined when it did. */
  readonly failure: string | undefined
  readonly agent: boolean
  readonly ssh: 'well' | SshTrouble
}

export function startGuest(world: World, faults: Faults, machine: Resource): GuestStart {
  const path = machine.id
  const [panic] = faults.strike(['noGuest'], { path })
  const [noSsh] = faults.strike(['noSsh'], { path })
  const mute = faults.strike(['noAgent'], { path }).length > 0
  const content = osDiskOf(world, machine)?.hidden.content
  const failure = panic ? (panic.message ?? defaultPanic) : bootFailure(content, machine.hidden['generation'])
  return {
    failure,
    agent: failure === undefined && !mute && content?.agent !== false,
    ssh: noSsh ? (noSsh.how ?? 'refused') : 'well',
  }
}

export function osDiskOf(world: World, { properties }: Resource): Resource | undefined {
  const osDisk = objectAt(objectAt(properties, 'storageProfile'), 'osDisk')
  return world.get(textAt(objectAt(osDisk, 'managedDisk'), 'id') ?? '')
}

const defaultPanic = 'Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100'
const noFileSystem = 'Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(8,1)'
const noLoader = 'BdsDxe: No bootable option or device was found.'
const noBios = 'Boot failed: not a bootable disk'

/** The last words of a console of a machine that has nothing to start from. */
function bootFailure(content: ImageContent | undefined, generation: unknown): string | undefined {
  const firmware = generation === 'V1' ? noBios : noLoader
  if (content?.kind !== (generation === 'V1' ? 'os-bios' : 'os')) return firmware
  const { trouble } = content
  if (trouble === 'corrupt-filesystem' || trouble === 'truncated') return noFileSystem
  return trouble && ['zeroed', 'corrupt-primary-gpt', 'corrupt-boot-partition'].includes(trouble) ? firmware : undefined
}
