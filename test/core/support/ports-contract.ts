/** What the managers count on, whoever keeps the snapshots: asked of the SDK over the sandbox and of the one in memory. */
import { describe, expect, it } from '@jest/globals'
import type { Machine } from '../../../src/core/domain/machine.js'
import { isReady, type Listed } from '../../../src/core/domain/snapshot.js'
import type { Azure } from '../../../src/core/ports/azure.js'

export interface Ground {
  readonly azure: Azure
  readonly resourceGroup: string
  /** A machine with at least one data disk. */
  readonly machine: Machine
}

export function portsContract(title: string, prepare: () => Promise<Ground>): void {
  describe(title, () => {
    const signal = AbortSignal.timeout(60_000)

    async function snapshotOf(
      { azure, machine, resourceGroup }: Ground,
      name: string,
      tags: Record<string, string> = {},
    ) {
      const [disk] = machine.disks
      if (!disk) throw new Error('The machine has no disk.')
      const want = { name, resourceGroup, region: machine.region, sourceId: disk.id, tags, encryptionSetId: undefined }
      return azure.snapshots.create(want, signal)
    }

    it('makes a snapshot that is ready, described and listed', async () => {
      const ground = await prepare()
      const made = await snapshotOf(ground, 'one', { 'azlin:vm': 'x' })
      expect(made).toMatchObject({ name: 'one', region: ground.machine.region, osType: 'Linux', createOption: 'Copy' })
      expect(made.tags['azlin:vm']).toBe('x')
      expect(made.sourceId?.toLowerCase()).toBe(ground.machine.disks[0]?.id.toLowerCase())
      expect(isReady(made)).toBe(true)
      const { azure, resourceGroup } = ground
      expect((await azure.snapshots.inGroup(resourceGroup.toUpperCase(), signal)).map(({ name }) => name)).toContain(
        'one',
      )
      expect((await azure.snapshots.inSubscription(signal)).map(({ name }) => name)).toContain('one')
      expect(await azure.snapshots.find({ name: 'ONE', resourceGroup }, signal)).toMatchObject({ id: made.id })
    })

    it('lists only what is wanted, by its tags and what it was made from', async () => {
      const ground = await prepare()
      const { azure, resourceGroup } = ground
      const { sourceId } = await snapshotOf(ground, 'plain')
      await snapshotOf(ground, 'marked', { mark: 'yes' })
      const wanted = (one: Listed) => one.tags['mark'] === 'yes' && one.sourceId === sourceId
      for (const list of [
        azure.snapshots.inGroup(resourceGroup, signal, wanted),
        azure.snapshots.inSubscription(signal, wanted),
      ])
        expect((await list).map(({ name }) => name)).toEqual(['marked'])
    })

    it('refuses a name that exists', async () => {
      const ground = await prepare()
      await snapshotOf(ground, 'two')
      await expect(snapshotOf(ground, 'two')).rejects.toMatchObject({ code: 'NAME_TAKEN' })
    })

    it('orders snapshots by the time that Azure made them', async () => {
      const ground = await prepare()
      const first = await snapshotOf(ground, 'a')
      const second = await snapshotOf(ground, 'b')
      expect(+second.createdAt).toBeGreaterThan(+first.createdAt)
    })

    it('removes one, and again', async () => {
      const ground = await prepare()
      const ref = await snapshotOf(ground, 'three')
      await ground.azure.snapshots.remove(ref, signal)
      await ground.azure.snapshots.remove(ref, signal)
      expect(await ground.azure.snapshots.find(ref, signal)).toBeUndefined()
    })

    it('adds tags and touches no other, on a machine and on a snapshot', async () => {
      const ground = await prepare()
      const { azure, machine } = ground
      const made = await snapshotOf(ground, 'four', { keep: 'me' })
      await azure.tags.merge(made.id.toUpperCase(), { added: '1' }, signal)
      expect((await azure.snapshots.find(made, signal))?.tags).toEqual({ keep: 'me', added: '1' })
      await azure.tags.merge(machine.id, { added: '2' }, signal)
      expect((await azure.machines.get(machine, signal)).tags).toEqual({ ...machine.tags, added: '2' })
    })

    it('says which machine or group is missing', async () => {
      const { azure, resourceGroup } = await prepare()
      const gone = { name: 'nobody', resourceGroup }
      expect(await azure.machines.find(gone, signal)).toBeUndefined()
      await expect(azure.machines.get(gone, signal)).rejects.toMatchObject({ code: 'VM_NOT_FOUND' })
      await expect(azure.snapshots.inGroup('gone', signal)).rejects.toMatchObject({ code: 'RESOURCE_GROUP_NOT_FOUND' })
      expect(await azure.groups.find('gone', signal)).toBeUndefined()
    })

    it('gives disks with what a restore must put back', async () => {
      const { azure, machine } = await prepare()
      const [disk] = machine.disks
      const found = await azure.disks.find({ name: disk?.name ?? '', resourceGroup: machine.resourceGroup }, signal)
      expect(found).toMatchObject({ osType: 'Linux', region: machine.region })
      expect(found?.sku).toMatch(/_LRS$/)
      expect(found?.sizeGb).toBeGreaterThan(0)
    })

    it('rejects with the reason of a signal that was aborted', async () => {
      const { azure, resourceGroup } = await prepare()
      const reason = new Error('enough')
      await expect(azure.snapshots.inGroup(resourceGroup, AbortSignal.abort(reason))).rejects.toBe(reason)
    })
  })
}
