import type { Snapshot } from '@azure/arm-compute'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { quick, Running, refusal } from './running.js'

const group = 'demo-rg'
const minute = 60_000
let running: Running
beforeAll(async () => {
  // Slow enough that a copy is seen on its way.
  running = await Running.start({ speed: 40 })
})
afterAll(() => running.end())
// Out of the five minutes in which only seven incremental snapshots of a disk are allowed.
beforeEach(() => running.sandbox.world.advance(10 * minute))

const diskId = (name: string) => running.id(`Microsoft.Compute/disks/${name}`)
const snapshotId = (name: string) => running.id(`Microsoft.Compute/snapshots/${name}`)

function snapshot(
  name: string,
  more: { from?: string; location?: string; option?: string; incremental?: boolean } = {},
) {
  const { from = diskId('web-1_OsDisk_1'), location = 'westus2', option = 'Copy', incremental = true } = more
  const body: Snapshot = { location, incremental, creationData: { createOption: option, sourceResourceId: from } }
  return running.compute.snapshots.createOrUpdate(group, name, body, quick)
}

function diskFrom(
  name: string,
  source: string,
  more: { location?: string; diskSizeGB?: number; zones?: string[]; sku?: string } = {},
) {
  const { location = 'westus2', sku = 'Premium_LRS', ...rest } = more
  const creationData = { createOption: 'Copy', sourceResourceId: source }
  const body = { location, creationData, sku: { name: sku }, ...rest }
  return running.compute.disks.createOrUpdate(group, name, body, quick)
}

describe('copies of snapshots', () => {
  it('are copied to another region in the background, one of a disk at a time, usable at 100 percent', async () => {
    const from = diskId('db-1_OsDisk_1')
    await snapshot('near-1', { from })
    await snapshot('near-2', { from })
    const start = (name: string, source: string) =>
      snapshot(name, { from: snapshotId(source), location: 'eastus', option: 'CopyStart' })
    const copy = await start('far-1', 'near-1')
    expect(copy.provisioningState).toBe('Succeeded')
    const seen = await running.compute.snapshots.get(group, 'far-1')
    expect(seen.completionPercent).toBeLessThan(100)
    expect(seen.snapshotAccessState).toBe('Pending')
    expect(await refusal(start('far-2', 'near-2'))).toMatchObject({ statusCode: 409, code: 'OperationNotAllowed' })
    expect(await refusal(diskFrom('early', snapshotId('far-1'), { location: 'eastus' }))).toMatchObject({
      statusCode: 409,
    })
    running.sandbox.world.advance(60 * minute)
    expect(await running.compute.snapshots.get(group, 'far-1')).toMatchObject({
      completionPercent: 100,
      snapshotAccessState: 'Available',
    })
    expect((await diskFrom('there', snapshotId('far-1'), { location: 'eastus' })).location).toBe('eastus')
    const near = await running.compute.snapshots.get(group, 'near-1')
    expect(seen.incrementalSnapshotFamilyId).not.toBe(near.incrementalSnapshotFamilyId)
    expect(seen.creationData?.sourceUniqueId).toBe(near.uniqueId)
  })

  it('say so when the source of a copy went away before its end', async () => {
    await snapshot('gone')
    await snapshot('orphan', { from: snapshotId('gone'), location: 'eastus', option: 'CopyStart' })
    await running.compute.snapshots.delete(group, 'gone', quick)
    running.sandbox.world.advance(600 * minute)
    const orphan = await running.compute.snapshots.get(group, 'orphan')
    expect(orphan.copyCompletionError?.errorCode).toBe('CopySourceNotFound')
    expect(orphan.completionPercent).toBeLessThan(100)
  })
})
