/**
 * Azure's own answers, recorded by others, held against the sandbox's: the same requests in the same order must get
 * the same statuses, headers of the same kind, and bodies of the same shape.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { listAt, objectAt } from '../../src/sandbox/network/json.js'
import { type Allowances, differences } from './recorded/compare.js'
import { conversation, haveRecordings, recordingsFolder, type Step } from './recorded/conversation.js'
import { disk, group, machine, snapshot } from './recorded/prerequisites.js'
import { ours, prepare, replay, send } from './recorded/replay.js'
import { Running } from './running.js'

let running: Running
beforeEach(async () => {
  running = await Running.start({ speed: 1, seed: false })
})
afterEach(() => running.end())

/** What answers to versions of their time hold, or lack, and later ones do not; the sandbox answers as today's. */
const olderDisks: Allowances = {
  'header retry-after': 'disks and snapshots ask for no pause since 2021',
  'body.properties.hyperVGeneration: missing': 'the first answer of 2020 had it from the source already',
  'body.properties.publicNetworkAccess: missing': 'the first answer of 2021 had it, of copies it had not',
}
const olderMachines: Allowances = {
  'header etag: not in': 'machines have ETags since 2024',
  'body.properties.timeCreated: not in': 'machines tell it since 2021',
  'body.value[vm1].properties.timeCreated: not in': 'likewise',
}
const olderNetwork: Allowances = {
  'body.properties.enableVmProtection: missing': 'a key that later versions lost',
}
/** Of a network interface: since 2020 it is made without an operation. */
const interfaceOperation = 'header azure-asyncoperation: missing'

const replayed = haveRecordings() ? describe : describe.skip
if (!haveRecordings()) {
  console.warn(`${recordingsFolder} is not there: the recorded conversations with Azure are not replayed.`)
}

interface Replay {
  readonly name: string
  /** Makes what the recording takes for granted. */
  readonly given?: () => Promise<unknown>
  readonly allowed?: Allowances
  /** Where it cannot be replayed as it is. */
  readonly steps?: (name: string) => readonly Step[]
}

const replays: readonly Replay[] = [
  { name: 'nic-crud-2025-05-01', given: () => group(running, 'aks-cit-Interface') },
  { name: 'nsg-crud-2025-05-01' },
  { name: 'public-ip-crud-2025-05-01' },
  { name: 'resource-group-crud-list-by-tag' },
  { name: 'resource-group-delete-poll', given: () => group(running, 'rg08167a') },
  { name: 'disk-crud-2025-01-02', given: () => group(running, 'aks-cit-Disk') },
  { name: 'snapshot-crud-2025-01-02', given: () => group(running, 'aks-cit-Snapshot') },
  {
    name: 'snapshot-full-then-disk-from-snapshot',
    given: () => group(running, 'rgfluentchash-4728'),
    allowed: olderDisks,
  },
  {
    name: 'snapshot-incremental-create-2021-04-01',
    given: async () => {
      await group(running, 'cli_test_completion_percent1_000001')
      await disk(running, 'cli_test_completion_percent1_000001', 'disk1', {
        location: 'westus',
        sizeGB: 200,
        sku: 'Premium_LRS',
      })
    },
    allowed: olderDisks,
  },
  {
    name: 'snapshot-cross-region-copystart',
    given: async () => {
      const [source, target] = ['cli_test_completion_percent1_000001', 'cli_test_completion_percent2_000002']
      await group(running, source)
      await group(running, target)
      const disk1 = await disk(running, source, 'disk1', { location: 'westus', sizeGB: 200 })
      await snapshot(running, source, 'snapa', { location: 'westus', source: disk1 })
    },
  },
  {
    name: 'snapshot-begin-end-get-access',
    given: async () => {
      await group(running, 'test_snapshot_access_000001')
      const source = await disk(running, 'test_snapshot_access_000001', 'disk', { location: 'westus', sizeGB: 1 })
      await snapshot(running, 'test_snapshot_access_000001', 'snapshot', { location: 'westus', source })
    },
    allowed: { 'body.properties.creationData.createOption': 'the recorded snapshot was made empty, ours of a disk' },
  },
  {
    name: 'snapshot-delete',
    given: async () => {
      const [name, location] = ['rgcomv1ff749505422546f', 'westcentralus']
      await group(running, name)
      const source = await disk(running, name, 'disk', { location, sizeGB: 30 })
      await snapshot(running, name, 'ss-os-1be26144a63e4789', { location, source })
    },
  },
  {
    name: 'dr-restore-vm-from-snapshots',
    given: async () => {
      const [name, location] = ['rgcomv1ff749505422546f', 'westcentralus']
      await group(running, name)
      await disk(running, name, 'vm1e23438629b3a9dc91_OsDisk_1_b0b480d9dd2d4cf4b52fc98dbd06cd3a', {
        location,
        sizeGB: 30,
        osType: 'Linux',
      })
      await disk(running, name, 'vm1e23438629b3a9dc91_disk2_9b1bc74ee1c942ae8aa0c41497968037', {
        location,
        sizeGB: 100,
      })
      await disk(running, name, 'vm1e23438629b3a9dc91_disk3_84f21c57a26b45a3a58a1e1f0b252ab2', {
        location,
        sizeGB: 100,
      })
    },
    // Three of its GETs were recorded out of order: they show the disks of the machine when it was deallocated.
    steps: (name) => {
      const steps = conversation(name)
      const late = steps.filter(({ request: { method, url }, response: { body } }) => {
        return method === 'GET' && /[/]disks[/]/.test(url) && 'managedBy' in objectAt({ body }, 'body')
      })
      return [...steps.filter((step) => !late.includes(step)), ...conversation('vm-deallocate'), ...late]
    },
    allowed: { ...olderDisks, ...olderMachines, ...olderNetwork, [interfaceOperation]: 'without since 2020' },
  },
  {
    name: 'vm-create-from-image-with-network',
    steps: (name) => JSON.parse(JSON.stringify(conversation(name)).replaceAll('Basic_A0', 'Standard_D2s_v3')),
    allowed: { ...olderMachines, ...olderNetwork, [interfaceOperation]: 'without since 2020' },
  },
  { name: 'vm-lifecycle-etag-2025-04-01', given: () => group(running, 'aks-cit-VirtualMachine', 'eastus2') },
  {
    name: 'vm-deallocate',
    given: () => machine(running, 'rgcomv1ff749505422546f', 'vm201c25889929e3032d', { location: 'westcentralus' }),
  },
  {
    name: 'vm-restart-instanceview-poweroff',
    given: () =>
      machine(running, 'rgcomv09e854811dbc368b', 'wvmf2886009f81107fdc', {
        location: 'westcentralus',
        windows: true,
        osDisk: 'wvmf2886009f81107fdc_OsDisk_1_3cbc74756c4544e692fd1b8be7385674',
        dataDisks: [
          'dsk-8e778016dcbd97359',
          'wvmf2886009f81107fdc_disk4_39ea3306bcc04ffab56c37d63aec9a59',
          'wvmf2886009f81107fdc_disk5_c4325a37faba4dd48a90a58872ef0c34',
        ],
      }),
    allowed: olderMachines,
  },
  { name: 'vm-run-command', given: () => machine(running, 'rg4904', 'vm1057', { location: 'eastus' }) },
]

/** Those that have tests of their own below, or none and why. */
const others: Readonly<Record<string, string>> = {
  'compute-usages-list': 'below',
  'error-lro-failed-disk-resized-down': 'below',
  'management-locks-crud': 'below',
  'vm-os-disk-swap-before-after': 'below',
  'vm-patch-tags': 'below',
  'error-authorization-failed-403': 'the one account of the sandbox may do all; a fault gives this answer on demand',
  'error-missing-subscription-registration': 'all providers of the sandbox are registered',
  'error-operation-not-allowed-vm-running': 'there are no proximity placement groups in the sandbox',
}

replayed('a recorded conversation with Azure', () => {
  it.each(replays)(
    'goes the same way with the sandbox: $name',
    async ({ name, given, allowed, steps = conversation }) => {
      await given?.()
      expect(await replay(running, steps(name), allowed)).toEqual([])
    },
  )

  it('is either replayed here or left out for a reason', () => {
    const known = [...replays.map(({ name }) => name), ...Object.keys(others)]
    const files = readdirSync(join(recordingsFolder)).filter((file) => file.endsWith('.json'))
    expect(known.sort()).toEqual(files.map((file) => file.replace('.json', '')).sort())
  })
})

replayed('a recorded answer of Azure', () => {
  it('looks like the usages that the sandbox counts', async () => {
    const [step] = conversation('compute-usages-list')
    if (!step) throw new Error('The recording is empty.')
    const given = await send(running, 'GET', ours(running, step.request.url))
    const recorded = usagesByName(step.response.body)
    const shared = [...usagesByName(given.body)].filter(([name]) => recorded.has(name))
    expect(shared.map(([name]) => name)).toEqual(expect.arrayContaining(['cores', 'virtualMachines']))
    const twins = { ...step.response, body: { value: shared.map(([name]) => recorded.get(name)) } }
    expect(differences(twins, { ...given, body: { value: shared.map(([, usage]) => usage) } })).toEqual([])
  })

  it('tells in the same words that a disk cannot shrink, when the operation ends', async () => {
    const [step] = conversation('error-lro-failed-disk-resized-down')
    if (!step) throw new Error('The recording is empty.')
    await group(running, 'shrink')
    const source = await disk(running, 'shrink', 'large', { location: 'eastus', sizeGB: 64 })
    const sourceResourceId = await snapshot(running, 'shrink', 'of-large', { location: 'eastus', source })
    const url = `${running.id('Microsoft.Compute/disks/small', 'shrink')}?api-version=2025-01-02`
    const properties = { creationData: { createOption: 'Copy', sourceResourceId }, diskSizeGB: 32 }
    const ended = await prepare(running, 'PUT', url, { location: 'eastus', properties })
    expect(differences(step.response, ended)).toEqual([])
    expect(ended.body).toMatchObject({ error: { message: 'Disks or snapshot cannot be resized down.' } })
  })

  it('comes back for locks on a group, a machine and a disk', async () => {
    const name = 'rg5860924141'
    await machine(running, name, 'vmac0242996e', { location: 'eastus' })
    await disk(running, name, 'dsk31a159538d', { location: 'eastus', sizeGB: 8 })
    const made = new Set(['rglock', 'vmlock', 'diskLockRO'])
    const steps = conversation('management-locks-crud').map((step) =>
      withBody(step, onlyNamed(step.response.body, made)),
    )
    expect(await replay(running, steps)).toEqual([])
  })

  it('comes back for tags put on a machine', async () => {
    await machine(running, 'javacsmrg41536', 'javavm', { location: 'eastus' })
    // The recorder left out the bodies of the requests; what they held is in the answers.
    const steps = conversation('vm-patch-tags').map((step) =>
      step.request.method === 'PATCH'
        ? { ...step, request: { ...step.request, body: { tags: objectAt(step.response.body, 'tags') } } }
        : step,
    )
    expect(await replay(running, steps, olderMachines)).toEqual([])
  })

  it('shows a machine after a swap of its OS disk as before, but for the disk', async () => {
    const [before, after] = conversation('vm-os-disk-swap-before-after')
    if (!before || !after) throw new Error('The recording is empty.')
    const [name, location] = ['clitest.rg000001', 'westus2']
    const vm = await machine(running, name, 'vm1', { location, windows: true })
    expect(await replay(running, [before], olderMachines)).toEqual([])

    const url = `${vm}?api-version=2025-04-01`
    const model = (await send(running, 'GET', url)).body
    const osDisk = objectAt(objectAt(objectAt(model, 'properties'), 'storageProfile'), 'osDisk')
    const old = String(objectAt(osDisk, 'managedDisk')['id'])
    const sourceResourceId = await snapshot(running, name, 'of-vm1', { location, source: old })
    const copy = running.id('Microsoft.Compute/disks/vm1-DiskCopy-20190520211542', name)
    const properties = { creationData: { createOption: 'Copy', sourceResourceId } }
    await prepare(running, 'PUT', `${copy}?api-version=2025-01-02`, { location, properties })
    await prepare(running, 'POST', `${vm}/deallocate?api-version=2025-04-01`)
    Object.assign(osDisk, { name: 'vm1-DiskCopy-20190520211542', managedDisk: { id: copy } })
    await prepare(running, 'PUT', url, model)
    expect(await replay(running, [after], olderMachines)).toEqual([])
    const swapped = objectAt(
      objectAt(objectAt((await send(running, 'GET', url)).body, 'properties'), 'storageProfile'),
      'osDisk',
    )
    expect(swapped).toMatchObject({ name: 'vm1-DiskCopy-20190520211542', createOption: 'FromImage' })
  })
})

function usagesByName(body: unknown): Map<string, unknown> {
  return new Map(listAt(body, 'value').map((usage) => [String(objectAt(usage, 'name')['value']), usage]))
}

function withBody(step: Step, body: unknown): Step {
  return { ...step, response: { ...step.response, body } }
}

/** A list without the elements that are not named; anything else as it is. */
function onlyNamed(body: unknown, names: ReadonlySet<string>): unknown {
  const list = listAt(body, 'value')
  return list.length === 0 ? body : { value: list.filter((element) => names.has(String(element['name']))) }
}
