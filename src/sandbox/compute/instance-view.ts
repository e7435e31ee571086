/** What runs: power state, guest agent, disks; all read from the clock. */
import { type Json, objectAt, textAt } from '../network/json.js'
import type { Power, Resource } from '../resource.js'
import type { World } from '../world.js'
import { dataDisksOf } from './storage-profile.js'

/** The agent reports again and again while it lives. */
const reportMs = 15_000

const displayed: Readonly<Record<string, string>> = {
  running: 'VM running',
  starting: 'VM starting',
  stopping: 'VM stopping',
  stopped: 'VM stopped',
  deallocating: 'VM deallocating',
  deallocated: 'VM deallocated',
}

export function instanceView(world: World, machine: Resource): Json {
  const { power } = machine.hidden
  const state = textAt(machine.properties, 'provisioningState') ?? 'Succeeded'
  const generation = machine.hidden['generation']
  const time = textAt(machine.hidden, 'changedAt')
  return {
    ...(power?.code === 'running' && { ...told(world, machine), vmAgent: agent(world, power) }),
    ...(typeof generation === 'string' && { hyperVGeneration: generation }),
    disks: diskNames(machine.properties).map((name) => ({
      name,
      statuses: [{ code: 'ProvisioningState/succeeded', level: 'Info', displayStatus: 'Provisioning succeeded', time }],
    })),
    statuses: [
      {
        code: `ProvisioningState/${state.toLowerCase()}`,
        level: state === 'Failed' ? 'Error' : 'Info',
        displayStatus: `Provisioning ${state.toLowerCase()}`,
        time,
      },
      ...(power
        ? [
            {
              code: `PowerState/${power.code}`,
              level: 'Info',
              displayStatus: displayed[power.code] ?? 'VM state unknown',
            },
          ]
        : []),
    ],
  }
}

/** What the guest says of itself, once its agent reports. */
function told(world: World, { name, properties, hidden }: Resource): Json {
  const from = hidden.power?.agentFrom
  if (from === undefined || world.now() < new Date(from)) return {}
  const windows = textAt(objectAt(objectAt(properties, 'storageProfile'), 'osDisk'), 'osType') === 'Windows'
  return {
    computerName: textAt(objectAt(properties, 'osProfile'), 'computerName') ?? name,
    osName: windows ? 'Windows Server 2022 Datacenter' : 'ubuntu',
    osVersion: windows ? '10.0.20348.2113' : '22.04',
  }
}

function agent(world: World, { agentFrom }: Power): Json {
  const now = world.now().getTime()
  const first = agentFrom === undefined ? Number.POSITIVE_INFINITY : Date.parse(agentFrom)
  if (now < first) {
    return {
      vmAgentVersion: 'Unknown',
      statuses: [
        {
          code: 'ProvisioningState/Unavailable',
          level: 'Warning',
          displayStatus: 'Not Ready',
          message: 'VM status blob is found but not yet populated.',
          time: world.stamp(),
        },
      ],
    }
  }
  const latest = new Date(first + Math.floor((now - first) / reportMs) * reportMs)
  return {
    vmAgentVersion: '2.9.1.1',
    statuses: [
      {
        code: 'ProvisioningState/succeeded',
        level: 'Info',
        displayStatus: 'Ready',
        message: 'Guest Agent is running',
        time: world.stamp(latest),
      },
    ],
    extensionHandlers: [],
  }
}

function diskNames(properties: Json): string[] {
  const os = textAt(objectAt(objectAt(properties, 'storageProfile'), 'osDisk'), 'name')
  return [os, ...dataDisksOf(properties).map((disk) => textAt(disk, 'name'))].filter((name) => name !== undefined)
}
