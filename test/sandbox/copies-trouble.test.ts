import type { Snapshot } from '@azure/arm-compute'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { SandboxControl } from '../../src/sandbox/control-client.js'
import { quick, Running, refusal } from './running.js'

const group = 'demo-rg'
const minute = 60_000
let running: Running
let control: SandboxControl
beforeAll(async () => {
  // A first copy of 30 GiB takes 6 minutes at this speed: it does not move by itself while a test looks at it.
  running = await Running.start({ speed: 1 })
  const connected = await SandboxControl.connect(running.home)
  if (!connected) throw new Error('no sandbox')
  control = connected
})
afterAll(() => running.end())
afterEach(() => control.reset())

const snapshotId = (name: string) => running.id(`Microsoft.Compute/snapshots/${name}`)
const advance = (ms: number) => running.sandbox.world.advance(ms)
const get = (name: string) => running.compute.snapshots.get(group, name)

async function put(name: string, body: Snapshot): Promise<Snapshot> {
  const poller = running.compute.snapshots.createOrUpdate(group, name, body, quick)
  await poller.submitted()
  advance(2000)
  return poller
}

async function near(name: string, disk = 'web-1_OsDisk_1'): Promise<void> {
  const sourceResourceId = running.id(`Microsoft.Compute/disks/${disk}`)
  await put(name, { location: 'westus2', incremental: true, creationData: { createOption: 'Copy', sourceResourceId } })
}

const copyOf = (source: string, location = 'eastus'): Snapshot => ({
  location,
  incremental: true,
  creationData: { createOption: 'CopyStart', sourceResourceId: snapshotId(source) },
})

async function far(name: string, source: string, location = 'eastus'): Promise<void> {
  await put(name, copyOf(source, location))
}

describe('a copy to another region', () => {
  it('is refused while the region of its source is down, or its own', async () => {
    await near('source')
    for (const region of ['westus2', 'eastus']) {
      const { id } = await control.addFault({ kind: 'regionDown', region })
      expect(await refusal(put('refused', copyOf('source')))).toMatchObject({
        statusCode: 503,
        code: 'ServiceUnavailable',
      })
      await control.clearFaults(id)
    }
    expect(await refusal(get('refused'))).toMatchObject({ statusCode: 404 })
  })

  it.each(['westus2', 'eastus'])('stands still while %s is down and goes on when it is back', async (region) => {
    await near('source')
    await far('copy', 'source')
    advance(minute)
    await control.addFault({ kind: 'regionDown', region })
    const before = (await control.copies())[0]?.percent ?? 0
    expect(before).toBeGreaterThan(10)
    advance(600 * minute)
    expect(await control.copies()).toMatchObject([{ percent: before, stalled: true }])
    if (region === 'eastus') expect(await refusal(get('copy'))).toMatchObject({ statusCode: 503 })
    else expect((await get('copy')).completionPercent).toBe(before)
    await control.clearFaults()
    // From where it was; a slow machine may not look at once.
    expect((await get('copy')).completionPercent).toBeLessThan(before + 20)
    advance(minute)
    expect((await get('copy')).completionPercent).toBeGreaterThan(before)
    advance(10 * minute)
    expect(await get('copy')).toMatchObject({ completionPercent: 100, snapshotAccessState: 'Available' })
  })

  it('stops at a percentage on demand, by the name of its target, until that is cleared', async () => {
    await near('one')
    await near('other', 'tl-1_OsDisk_1')
    const fault = await control.addFault({ kind: 'stallCopy', path: '/snapshots/stuck$', percent: 40, times: 1 })
    await far('stuck', 'one')
    await far('free', 'other')
    advance(600 * minute)
    expect((await get('stuck')).completionPercent).toBe(40)
    expect((await get('free')).completionPercent).toBe(100)
    expect(await refusal(put('second', copyOf('one', 'westeurope')))).toMatchObject({ statusCode: 409 })
    await control.clearFaults(fault.id)
    expect((await get('stuck')).completionPercent).toBeLessThan(60)
    advance(600 * minute)
    expect((await get('stuck')).completionPercent).toBe(100)
  })

  it('stops where it is when the fault comes while it is under way', async () => {
    await near('one')
    await far('caught', 'one')
    advance(2 * minute)
    const { completionPercent } = await get('caught')
    await control.addFault({ kind: 'stallCopy', path: '/caught$' })
    advance(600 * minute)
    expect((await get('caught')).completionPercent).toBe(completionPercent)
  })

  it('ends with another error on demand, stays, and makes room for the next', async () => {
    await near('one')
    await control.addFault({
      kind: 'failCopy',
      errorCode: 'InternalError',
      message: 'The copy broke off.',
      percent: 30,
      path: '/broken$',
    })
    await far('broken', 'one')
    expect((await get('broken')).copyCompletionError).toBeUndefined()
    advance(600 * minute)
    expect(await get('broken')).toMatchObject({
      completionPercent: 30,
      copyCompletionError: { errorCode: 'InternalError', errorMessage: 'The copy broke off.' },
      provisioningState: 'Succeeded',
    })
    await far('again', 'one')
    advance(600 * minute)
    expect((await get('again')).completionPercent).toBe(100)
  })

  it('takes the time that its size asks for, less for the changes after an earlier one, and tells both ends', async () => {
    await near('one')
    await near('two')
    await far('first', 'one')
    expect(await refusal(put('early', copyOf('two')))).toMatchObject({ statusCode: 409 })
    advance(600 * minute)
    await far('second', 'two')
    advance(600 * minute)
    expect(await refusal(put('back', copyOf('one')))).toMatchObject({ statusCode: 400 })
    const [first, second] = await control.copies()
    expect(first).toMatchObject({ source: snapshotId('one'), target: snapshotId('first'), percent: 100 })
    const took = (copy: typeof first) => Date.parse(copy?.finishedAt ?? '') - Date.parse(copy?.startedAt ?? '')
    expect(took(first)).toBe(first?.durationMs)
    expect(took(first)).toBe(30 * 8 * 1000)
    expect(took(second)).toBe(120_000)
    expect(second?.durationMs).toBeLessThan(first?.durationMs ?? 0)
  })

  it('goes on where it was after a restart of the sandbox', async () => {
    await near('one')
    await control.addFault({ kind: 'stallCopy', percent: 20 })
    await far('lasting', 'one')
    advance(600 * minute)
    await running.sandbox.close()
    running = await Running.start({ home: running.home, speed: 1 })
    const connected = await SandboxControl.connect(running.home)
    if (connected) control = connected
    expect((await get('lasting')).completionPercent).toBe(20)
    advance(600 * minute)
    expect((await get('lasting')).completionPercent).toBe(100)
  })
})
