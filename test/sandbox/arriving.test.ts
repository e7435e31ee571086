/** Snapshots of Premium SSD v2 and Ultra disks, whose data follow in the background. */
import type { Snapshot } from '@azure/arm-compute'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { quick, Running, refusal } from './running.js'

const group = 'demo-rg'
const minute = 60_000
const pending = { statusCode: 409, code: 'OperationNotAllowed' }
let running: Running
beforeAll(async () => {
  // Slow enough that nothing arrives unless the clock is moved.
  running = await Running.start({ speed: 20 })
})
afterAll(() => running.end())
// Out of the five minutes in which only seven incremental snapshots of a disk are allowed.
beforeEach(() => running.sandbox.world.advance(10 * minute))

const snapshotId = (name: string) => running.id(`Microsoft.Compute/snapshots/${name}`)
const get = (name: string) => running.compute.snapshots.get(group, name)

function disk(name: string, sku: string, diskSizeGB = 64) {
  const body = {
    location: 'westus2',
    zones: ['1'],
    sku: { name: sku },
    creationData: { createOption: 'Empty' },
    diskSizeGB,
  }
  return running.compute.disks.createOrUpdate(group, name, body, quick)
}

function snapshot(name: string, more: Partial<Snapshot> & { disk?: string } = {}) {
  const { disk: source = 'fast', ...rest } = more
  const sourceResourceId = running.id(`Microsoft.Compute/disks/${source}`)
  const creationData = { createOption: 'Copy', sourceResourceId }
  const body: Snapshot = { location: 'westus2', incremental: true, creationData, ...rest }
  return running.compute.snapshots.createOrUpdate(group, name, body, quick)
}

function diskOf(name: string, source: string) {
  const creationData = { createOption: 'Copy', sourceResourceId: snapshotId(source) }
  const body = { location: 'westus2', zones: ['1'], sku: { name: 'PremiumV2_LRS' }, creationData }
  return running.compute.disks.createOrUpdate(group, name, body, quick)
}

const copyOf = (source: string) =>
  snapshot(`${source}-far`, {
    location: 'eastus',
    creationData: { createOption: 'CopyStart', sourceResourceId: snapshotId(source) },
  })

const open = (name: string) =>
  running.compute.snapshots.grantAccess(group, name, { access: 'Read', durationInSeconds: 60 }, quick)

describe('a snapshot of a Premium SSD v2 or Ultra disk', () => {
  it.each(['PremiumV2_LRS', 'UltraSSD_LRS'])('of %s is made at once, and its data come after it', async (sku) => {
    const name = sku.slice(0, 5)
    await disk(name, sku)
    const made = await snapshot(`${name}-s`, { disk: name })
    expect(made).toMatchObject({ provisioningState: 'Succeeded', snapshotAccessState: 'Pending' })
    expect((await get(`${name}-s`)).completionPercent).toBeLessThan(10)
    running.sandbox.world.advance((150_000 / 20) | 0)
    const half = await get(`${name}-s`)
    expect(half.snapshotAccessState).toBe('Pending')
    expect(half.completionPercent).toBeGreaterThanOrEqual(50)
    expect(half.completionPercent).toBeLessThan(90)
    running.sandbox.world.advance((150_000 / 20) | 0)
    expect(await get(`${name}-s`)).toMatchObject({ completionPercent: 100, snapshotAccessState: 'Available' })
  })

  it('takes longer for a larger disk', async () => {
    await disk('large', 'PremiumV2_LRS', 1000)
    await snapshot('large-s', { disk: 'large' })
    running.sandbox.world.advance(3_500_000 / 20)
    expect((await get('large-s')).completionPercent).toBeLessThan(100)
    running.sandbox.world.advance(200_000 / 20)
    expect((await get('large-s')).completionPercent).toBe(100)
  })

  it('can be neither restored, nor read, nor copied to another region, before all of them are there', async () => {
    await disk('fast', 'PremiumV2_LRS')
    await snapshot('early')
    for (const work of [diskOf('early-disk', 'early'), open('early'), copyOf('early')]) {
      const { message, ...refused } = await refusal(work)
      expect(refused).toMatchObject(pending)
      expect(message).toMatch(/completionPercent/)
    }
    running.sandbox.world.advance(minute)
    expect((await diskOf('later-disk', 'early')).provisioningState).toBe('Succeeded')
    expect((await open('early')).accessSAS).toMatch(/^https:/)
    expect((await copyOf('early')).provisioningState).toBe('Succeeded')
  })

  it('is one of three that a disk may have pending, and of others as many as there are', async () => {
    await disk('busy', 'PremiumV2_LRS')
    for (const name of ['busy-1', 'busy-2', 'busy-3']) await snapshot(name, { disk: 'busy' })
    expect(await refusal(snapshot('busy-4', { disk: 'busy' }))).toMatchObject(pending)
    await disk('other', 'PremiumV2_LRS')
    await snapshot('other-1', { disk: 'other' })
    await running.compute.snapshots.delete(group, 'busy-1', quick)
    await snapshot('busy-5', { disk: 'busy' })
    running.sandbox.world.advance(minute)
    await snapshot('busy-6', { disk: 'busy' })
  })

  it('is incremental', async () => {
    await disk('whole', 'UltraSSD_LRS')
    expect(await refusal(snapshot('whole-s', { disk: 'whole', incremental: false }))).toMatchObject({
      statusCode: 400,
      code: 'InvalidParameter',
    })
  })

  it('fails when its disk grows before its data are there, and not when it grows later', async () => {
    await disk('growing', 'PremiumV2_LRS')
    await snapshot('safe', { disk: 'growing' })
    running.sandbox.world.advance(minute)
    await snapshot('lost', { disk: 'growing' })
    await running.compute.disks.update(group, 'growing', { diskSizeGB: 128 }, quick)
    running.sandbox.world.advance(60 * minute)
    expect(await get('safe')).toMatchObject({ provisioningState: 'Succeeded', completionPercent: 100 })
    const lost = await get('lost')
    expect(lost).toMatchObject({ provisioningState: 'Failed', snapshotAccessState: 'Pending' })
    expect(lost.completionPercent).toBeLessThan(100)
    await running.compute.snapshots.update(group, 'lost', { tags: { seen: 'yes' } }, quick)
    expect((await get('lost')).provisioningState).toBe('Failed')
    expect(await refusal(diskOf('lost-disk', 'lost'))).toMatchObject({ statusCode: 409 })
    // It holds no place among the three.
    for (const name of ['new-1', 'new-2', 'new-3']) await snapshot(name, { disk: 'growing' })
  })

  it('of any other disk is complete at once', async () => {
    await disk('usual', 'Premium_LRS')
    const made = await snapshot('usual-s', { disk: 'usual' })
    expect(made.snapshotAccessState).toBe('Available')
    expect((await get('usual-s')).completionPercent).toBeUndefined()
  })

  it('goes on by the clock while no sandbox runs', async () => {
    await disk('kept', 'PremiumV2_LRS', 1000)
    await snapshot('kept-s', { disk: 'kept' })
    running.sandbox.world.advance(1_800_000 / 20)
    const { completionPercent: before = 0 } = await get('kept-s')
    expect(before).toBeGreaterThanOrEqual(50)
    const { home } = running
    await running.sandbox.close()
    running = await Running.start({ speed: 20, home })
    expect((await get('kept-s')).completionPercent).toBeGreaterThanOrEqual(before)
    expect(await refusal(diskOf('kept-disk', 'kept-s'))).toMatchObject(pending)
    running.sandbox.world.advance(1_800_000 / 20)
    expect(await get('kept-s')).toMatchObject({ completionPercent: 100, snapshotAccessState: 'Available' })
  })
})
