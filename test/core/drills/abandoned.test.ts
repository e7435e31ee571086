/** What a drill has left behind is swept, and nothing that is not its own goes with it. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Drill } from '../../../src/core/domain/drill.js'
import { temporaryTag } from '../../../src/core/domain/temporary.js'
import { type CoreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { db, home, leftovers, offline, ready, region, usual, web } from './support.js'

let core: CoreOnSandbox
let drill: Drill
let group: string

beforeEach(async () => {
  core = await ready(web)
  drill = await core.drills.test({ ...usual, ...offline, vm: web, cleanup: false }, core.run())
  group = drill.resourceGroup ?? ''
})
afterEach(() => core.close())
afterAll(endServer)

/** As if the computer that ran the drill, and its record, were gone for two hours. */
async function abandon(): Promise<void> {
  for (const { id } of await core.records.journal.list()) await core.records.journal.close(id)
  core.sandbox.world.clock.advance(2 * 3_600_000)
}
const sweep = (dryRun = false) => core.temporary.sweep({ dryRun }, core.run())
const { signal } = new AbortController()
const there = (id: string) => core.sandbox.world.get(id) !== undefined
const groupThere = () =>
  core.sandbox.world.list('Microsoft.Resources/resourceGroups').some(({ name }) => name === group)

/** A disk of somebody's in the group of the drill. */
async function foreignDisk(name: string): Promise<string> {
  const [copy] = (await core.azure.snapshots.inSubscription(signal)).filter((one) => one.region === region)
  const shape = { zone: undefined, sku: 'Premium_LRS', sizeGb: undefined, tier: undefined, encryptionSetId: undefined }
  const where = { name, resourceGroup: group, region, sourceSnapshotId: copy?.id ?? '' }
  return (await core.azure.disks.create({ ...where, ...shape, tags: { owner: 'somebody' } }, signal)).id
}

describe('a drill that was kept', () => {
  it('says what is still there and what removes it, and counts no cleanup', () => {
    expect(drill).toMatchObject({ outcome: 'succeeded', cleanupSucceeded: undefined })
    expect(drill.notes.join(' ')).toContain('azlin cleanup')
    expect(leftovers(core).length).toBeGreaterThanOrEqual(6)
  })

  it('is left alone while the process that made it lives', async () => {
    const before = leftovers(core)
    const { removed, left } = await sweep()
    expect(removed).toEqual([])
    expect(left.length).toBeGreaterThanOrEqual(6)
    expect(leftovers(core)).toEqual(before)
  })

  it('is left alone by another computer as long as its mark is fresh', async () => {
    for (const { id } of await core.records.journal.list()) await core.records.journal.close(id)
    const before = leftovers(core)
    expect((await sweep()).removed).toEqual([])
    expect(leftovers(core)).toEqual(before)
  })

  it('is removed as a whole by another computer when nobody renews its mark', async () => {
    await abandon()
    const wouldGo = (await sweep(true)).removed
    expect(groupThere()).toBe(true)
    const { removed, left } = await sweep()
    expect(left).toEqual([])
    expect(removed.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['vm', 'vnet', 'nsg', 'group']))
    expect(wouldGo.map(({ kind }) => kind).toSorted()).toEqual(['disk', 'group', 'nic', 'nsg', 'vm', 'vnet'])
    expect(leftovers(core)).toEqual([])
  })
})

describe('what is not azlin’s own', () => {
  it('keeps its group: a disk that somebody put there stays, and the rest goes', async () => {
    const id = await foreignDisk('precious')
    await abandon()
    for (const dryRun of [true, false]) {
      const { left } = await sweep(dryRun)
      expect(left).toEqual([expect.objectContaining({ kind: 'group', reason: expect.stringContaining('precious') })])
    }
    expect(there(id)).toBe(true)
    expect(groupThere()).toBe(true)
    expect(leftovers(core)).toHaveLength(1)

    await core.azure.disks.remove({ name: 'precious', resourceGroup: group }, signal)
    expect((await sweep()).left).toEqual([])
    expect(leftovers(core)).toEqual([])
  })

  it('is not deleted with a VM that it was attached to', async () => {
    const id = await foreignDisk('precious')
    const machine = core.sandbox.world
      .list('Microsoft.Compute/virtualMachines')
      .find(({ name }) => name === drill.testVm)
    if (!machine) throw new Error('the VM of the drill is not there')
    const profile = machine.properties['storageProfile'] as { dataDisks: unknown[] }
    const attached = { lun: 5, name: 'precious', createOption: 'Attach', deleteOption: 'Delete', managedDisk: { id } }
    const dataDisks = [...profile.dataDisks, attached]
    machine.properties = { ...machine.properties, storageProfile: { ...profile, dataDisks } }
    await abandon()
    for (const dryRun of [true, false]) {
      const { left } = await sweep(dryRun)
      expect(left.map(({ kind }) => kind)).toContain('vm')
    }
    expect(there(id)).toBe(true)
    expect(there(machine.id)).toBe(true)
  })

  it('keeps the interface that it uses, which from then on is nobody’s leftover', async () => {
    const ref = { name: `${drill.testVm}-nic`, resourceGroup: group }
    await core.azure.machines.remove({ name: drill.testVm ?? '', resourceGroup: group }, signal)
    const network = core.sandbox.world
      .list('Microsoft.Network/virtualNetworks')
      .find(({ tags = {} }) => temporaryTag in tags)
    const [subnet] = (network?.properties['subnets'] ?? []) as { id: string }[]
    const nicId = await core.azure.networks.createNic(
      subnet?.id ?? '',
      { ...ref, region, tags: (await core.azure.groups.find(group, signal))?.tags ?? {} },
      signal,
    )
    const other = await core.azure.machines.find(web, signal)
    const lasting = core.sandbox.world.get(other?.id ?? '')
    const nic = core.sandbox.world.get(nicId)
    if (nic) nic.properties = { ...nic.properties, virtualMachine: { id: lasting?.id } }
    await abandon()
    await sweep()
    expect(there(nicId)).toBe(true)
    expect(core.sandbox.world.get(nicId)?.tags).not.toHaveProperty(temporaryTag)
    expect(groupThere()).toBe(true)
  })

  it('is a group without the mark, though a journal names it', async () => {
    await core.journalOfTheDead({
      kind: 'group',
      resourceId: `/subscriptions/${core.sandbox.subscriptionId}/resourceGroups/${home}`,
      purpose: 'dr test db-1',
      details: {},
    })
    await sweep()
    expect(core.sandbox.world.list('Microsoft.Resources/resourceGroups').map(({ name }) => name)).toContain(home)
    expect(await core.azure.machines.find(db, signal)).toBeDefined()
  })
})
