/** A machine going on and off, and what that does to its disks. */

import { seconds } from '../durations.js'
import { ArmError } from '../errors.js'
import { startGuest } from '../guest/start.js'
import { textAt } from '../network/json.js'
import type { Resource } from '../resource.js'
import type { Sandbox } from '../routes.js'
import type { World } from '../world.js'
import { attachedIds, contentNow } from './disk-model.js'

/** The machine runs, and its guest comes up some time later if nothing stands against it. */
export function boot({ world, faults }: Sandbox, machine: Resource): void {
  if (faults.strike(['noBoot'], { path: machine.id }).length > 0) {
    setPower(world, machine, 'stopped')
    throw new ArmError(
      409,
      'VMStartTimedOut',
      `VM '${machine.name}' did not start in the allotted time. The VM may still start successfully. Please check the power state later.`,
    )
  }
  const { failure, agent, ssh } = startGuest(world, faults, machine)
  machine.hidden['bootFailure'] = failure
  machine.hidden['ssh'] = ssh
  const now = world.now()
  const from = (afterSeconds: number) => new Date(now.getTime() + world.clock.scaled(afterSeconds)).toISOString()
  machine.hidden.power = {
    code: 'running',
    since: now.toISOString(),
    ...(failure === undefined && { sshFrom: from(seconds.guest) }),
    ...(agent && { agentFrom: from(seconds.agent) }),
  }
  setWriting(world, machine, failure === undefined)
  // So that who listens to changes looks again when the guest is up.
  world.after(seconds.guest, () => undefined)
}

export function setPower(world: World, machine: Resource, code: string): void {
  machine.hidden.power = { code, since: world.now().toISOString() }
  if (code === 'stopped' || code === 'deallocated') setWriting(world, machine, false)
}

/** A guest that runs writes to its disks; when it ends, they keep what was written last. */
export function setWriting(world: World, machine: Resource, on: boolean): void {
  for (const id of attachedIds(machine)) {
    const disk = world.get(id)
    if (disk) writeTo(world, disk, on)
  }
}

/** It also tells when a machine last took it or gave it up, was started or was deallocated with it (the SDK's words). */
export function writeTo(world: World, disk: Resource, on: boolean): void {
  disk.properties = { ...disk.properties, LastOwnershipUpdateTime: world.stamp() }
  const content = contentNow(world, disk)
  if (content) disk.hidden.content = content
  if (on) disk.hidden.writingSince = world.now().toISOString()
  else delete disk.hidden.writingSince
}

/** Counts up with each change; the number in quotes is the ETag. */
export function touch(world: World, machine: Resource, provisioningState: string): void {
  const number = Number(/\d+/.exec(machine.etag ?? '')?.[0] ?? 0)
  machine.etag = `"${number + 1}"`
  machine.properties = { ...machine.properties, provisioningState }
  machine.hidden['changedAt'] = world.stamp()
  world.changed()
}

/** One operation at a time on a machine. */
export function checkIdle(machine: Resource): void {
  const state = textAt(machine.properties, 'provisioningState') ?? ''
  if (!['Creating', 'Updating', 'Deleting'].includes(state)) return
  throw new ArmError(
    409,
    'Conflict',
    'The request failed due to conflict with a concurrent request. To resolve it, please refer to https://aka.ms/activitylog to get more details on the conflicting requests.',
  )
}
