import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { SandboxControl } from '../../src/sandbox/control-client.js'
import { quick, Running, refusal } from './running.js'

const group = 'lab-rg'
let running: Running
let control: SandboxControl
beforeAll(async () => {
  running = await Running.start()
  const connected = await SandboxControl.connect(running.home)
  if (!connected) throw new Error('no sandbox')
  control = connected
  await control.seed('lab')
  running.sandbox.world.advance(3_600_000)
})
afterAll(() => running.end())

const id = (rest: string) => running.id(rest, group)
const compute = (rest: string) => id(`Microsoft.Compute/${rest}`)

async function specialised(name: string, more: object = {}) {
  const subnet = { id: `${id('Microsoft.Network/virtualNetworks/reach-westus2')}/subnets/reachable` }
  await running.raw('PUT', `${id(`Microsoft.Network/networkInterfaces/${name}-copy-nic`)}?api-version=2025-05-01`, {
    location: 'westus2',
    properties: { ipConfigurations: [{ name: 'one', properties: { subnet } }] },
  })
  const { snapshots, disks, virtualMachines } = running.compute
  const from = (sourceResourceId: string) => ({
    location: 'westus2',
    creationData: { createOption: 'Copy', sourceResourceId },
  })
  await snapshots.createOrUpdate(
    group,
    `${name}-s`,
    { ...from(compute(`disks/${name}_OsDisk_1`)), incremental: true },
    quick,
  )
  const { id: disk = '' } = await disks.createOrUpdate(
    group,
    `${name}-copy`,
    from(compute(`snapshots/${name}-s`)),
    quick,
  )
  await virtualMachines.createOrUpdate(
    group,
    `${name}-copy`,
    {
      location: 'westus2',
      hardwareProfile: { vmSize: 'Standard_DS1_v2' },
      storageProfile: { osDisk: { osType: 'Linux', createOption: 'Attach', managedDisk: { id: disk } } },
      networkProfile: { networkInterfaces: [{ id: id(`Microsoft.Network/networkInterfaces/${name}-copy-nic`) }] },
      ...more,
    },
    quick,
  )
  running.sandbox.world.advance(3_600_000)
  return virtualMachines.instanceView(group, `${name}-copy`)
}

const ready = 'Ready'
const told = (view: Awaited<ReturnType<typeof specialised>>) => view.vmAgent?.statuses?.[0]?.displayStatus

describe('the lab', () => {
  it('is seeded once, and gone after a reset like everything else', async () => {
    await expect(control.seed('lab')).rejects.toThrow('409')
  })

  it('has a machine of generation 1, copies of which start by BIOS', async () => {
    const view = await specialised('bios-1')
    expect(view.hyperVGeneration).toBe('V1')
    expect(told(view)).toBe(ready)
  })

  it('has a machine with a plan, which copies of it have to name', async () => {
    expect((await refusal(specialised('plan-1'))).code).toBe('VMMarketplaceInvalidInput')
    const plan = { name: 'hardened', product: 'hardened-linux', publisher: 'contoso' }
    expect(told(await specialised('plan-1', { plan }))).toBe(ready)
  })

  it('has a machine without an agent, whose copies have none either and start all the same', async () => {
    expect(told(await specialised('quiet-1'))).toBe('Not Ready')
    const machine = running.sandbox.world.get(compute('virtualMachines/quiet-1-copy'))
    expect(machine?.hidden.power?.sshFrom).toBeDefined()
  })

  it('has disks with customer keys, raw, empty, and with sectors of 4096 bytes', async () => {
    const { disks } = running.compute
    expect((await disks.get(group, 'key-1_OsDisk_1')).encryption?.diskEncryptionSetId).toBe(
      compute('diskEncryptionSets/lab-key-westus2'),
    )
    expect((await disks.get(group, 'raw-1_data_2')).creationData?.logicalSectorSize).toBe(4096)
    const kinds = [0, 1, 2].map(
      (lun) => running.sandbox.world.get(compute(`disks/raw-1_data_${lun}`))?.hidden.content?.kind,
    )
    expect(kinds).toEqual(['raw', 'empty', 'raw'])
  })
})
