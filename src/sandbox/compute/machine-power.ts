import { seconds } from '../durations.js'
import { notAllowed } from '../errors.js'
import { objectAt, textAt } from '../network/json.js'
import type { Resource } from '../resource.js'
import { retryAfter } from '../retry-after.js'
import type { AddRoute, Answer, Call, Sandbox } from '../routes.js'
import { accepted } from './accepted.js'
import { checkCapacity } from './capacity.js'
import { boot, checkIdle, setPower, touch } from './machine-state.js'
import { checkQuota } from './usages.js'

interface PowerCall {
  readonly seconds: number
  readonly meanwhile: string
  readonly end: (sandbox: Sandbox, machine: Resource) => void
  /** From `deallocated` there is nothing to switch off or to restart. */
  readonly wantsAllocation: boolean
}

const calls: Readonly<Record<string, PowerCall>> = {
  start: { seconds: seconds.start, meanwhile: 'starting', end: boot, wantsAllocation: false },
  restart: { seconds: seconds.restart, meanwhile: 'running', end: boot, wantsAllocation: true },
  powerOff: {
    seconds: seconds.powerOff,
    meanwhile: 'stopping',
    end: ({ world }, machine) => setPower(world, machine, 'stopped'),
    wantsAllocation: true,
  },
  deallocate: {
    seconds: seconds.deallocate,
    meanwhile: 'deallocating',
    end: ({ world }, machine) => setPower(world, machine, 'deallocated'),
    wantsAllocation: false,
  },
}

export function addPower(
  route: AddRoute,
  sandbox: Sandbox,
  { path, find }: { path: string; find: (call: Call) => Resource },
): void {
  for (const [name, call] of Object.entries(calls)) {
    route('POST', `${path}/${name}`, (asked) => power(sandbox, find(asked), { name, call }))
  }
}

function power(sandbox: Sandbox, machine: Resource, { name, call }: { name: string; call: PowerCall }): Answer {
  const { world } = sandbox
  checkIdle(machine)
  const before = machine.hidden.power
  const size = textAt(objectAt(machine.properties, 'hardwareProfile'), 'vmSize') ?? ''
  if (call.wantsAllocation && before?.code === 'deallocated') {
    throw notAllowed(`Cannot ${name} VM '${machine.name}' because it is deallocated. Please start it instead.`)
  }
  if (name === 'start' && before?.code === 'deallocated') {
    checkQuota(sandbox, machine.location, size)
  }
  const noRoom =
    name === 'start' && before?.code === 'deallocated'
      ? checkCapacity(sandbox.faults, { id: machine.id, size, region: machine.location, zone: machine.zones?.[0] })
      : undefined
  const nothingToDo = before?.code === { start: 'running', powerOff: 'stopped', deallocate: 'deallocated' }[name]
  touch(world, machine, 'Updating')
  if (!nothingToDo) {
    if (before) machine.hidden.powerBefore = before
    setPower(world, machine, call.meanwhile)
  }
  const urls = sandbox.operations.begin({
    provider: 'Compute',
    segment: 'operations',
    location: machine.location,
    target: machine.id,
    seconds: nothingToDo ? 1 : call.seconds,
    pollSeconds: 30,
    ...(noRoom && { failWith: noRoom }),
    finish: () => {
      if (world.get(machine.id) !== machine) return undefined
      delete machine.hidden.powerBefore
      if (!nothingToDo) call.end(sandbox, machine)
      touch(world, machine, 'Succeeded')
      return undefined
    },
    failed: () => {
      delete machine.hidden.powerBefore
      if (machine.hidden.power?.code === call.meanwhile && before) machine.hidden.power = before
      touch(world, machine, 'Failed')
    },
  })
  return accepted(urls, undefined, name === 'deallocate' ? retryAfter(world, 10) : {})
}
