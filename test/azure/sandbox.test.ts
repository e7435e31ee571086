/** The adapters over the unchanged SDK against the embedded Azure, which refuses what Azure refuses. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { connectAzure } from '../../src/azure/connect.js'
import { systemClock } from '../../src/core/clock.js'
import { AzlinError } from '../../src/core/errors.js'
import type { AzlinEvent } from '../../src/core/events.js'
import type { Azure } from '../../src/core/ports/azure.js'
import { type RunningSandbox, startSandbox } from '../../src/sandbox/server.js'
import { rejection } from './support/connected.js'

const { signal } = new AbortController()
const resourceGroup = 'demo-rg'
const web = { name: 'web-1', resourceGroup }

let home: string
let sandbox: RunningSandbox
let azure: Azure
const events: AzlinEvent[] = []

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'azlin-azure-'))
  sandbox = await startSandbox({ home, speed: 600 })
  const target = {
    subscriptionId: sandbox.subscriptionId,
    cloud: 'sandbox',
    armEndpoint: sandbox.url,
    pollIntervalMs: 20,
    caPem: await readFile(sandbox.caFile, 'utf8'),
    identity: { endpoint: sandbox.identityEndpoint, header: sandbox.identityHeader },
  } as const
  azure = await connectAzure(target, (event) => void events.push(event), systemClock())
})
afterEach(() => sandbox.faults.clear())
afterAll(async () => {
  await sandbox.close()
  await rm(home, { recursive: true, force: true })
})

/** A request of somebody else's. */
async function send(method: string, path: string, body?: unknown): Promise<number> {
  const ca = await readFile(sandbox.caFile)
  const ask = (url: string, headers: Record<string, string>, sent: string) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const asking = request(url, { method: sent ? method : 'GET', ca, headers, agent: false }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      })
      asking.on('error', reject).end(sent)
    })
  const resource = encodeURIComponent('https://management.azure.com')
  const identity = `${sandbox.identityEndpoint}?api-version=2019-08-01&resource=${resource}`
  const { text } = await ask(identity, { 'X-IDENTITY-HEADER': sandbox.identityHeader }, '')
  const { access_token } = JSON.parse(text) as { access_token: string }
  const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' }
  return (await ask(`${sandbox.url}${path}`, headers, JSON.stringify(body ?? {}))).status
}

async function wanted(name: string) {
  const machine = await azure.machines.get(web, signal)
  const [os] = machine.disks
  return {
    name,
    resourceGroup,
    region: machine.region,
    sourceId: os?.id ?? '',
    tags: { 'azlin:vm': 'web-1' },
    encryptionSetId: undefined,
  }
}

describe('against the embedded Azure', () => {
  it('a snapshot is made, found, listed and removed', async () => {
    const want = await wanted('one')
    const made = await azure.snapshots.create(want, signal)
    expect(made).toMatchObject({
      name: 'one',
      resourceGroup,
      incremental: true,
      createOption: 'Copy',
      provisioningState: 'Succeeded',
      tags: want.tags,
    })
    expect(made.createdAt.getTime()).toBeGreaterThan(0)
    expect(await azure.snapshots.find({ name: 'ONE', resourceGroup: 'DEMO-RG' }, signal)).toMatchObject({ id: made.id })
    expect((await azure.snapshots.inGroup(resourceGroup, signal)).map(({ name }) => name)).toContain('one')
    expect((await azure.snapshots.inSubscription(signal)).map(({ name }) => name)).toContain('one')
    expect(await rejection(azure.snapshots.create(want, signal))).toMatchObject({ code: 'NAME_TAKEN' })

    await azure.snapshots.remove(want, signal)
    expect(await azure.snapshots.find(want, signal)).toBeUndefined()
    await azure.snapshots.remove(want, signal)
  })

  it('a VM gets a disk made of its snapshot while it is deallocated, and starts with it', async () => {
    const want = await wanted('two')
    const snapshot = await azure.snapshots.create(want, signal)
    const machine = await azure.machines.get(web, signal)
    const [old] = machine.disks
    const oldDisk = await azure.disks.find({ name: old?.name ?? '', resourceGroup }, signal)
    const made = await azure.disks.create(
      {
        name: 'web-1-restored',
        resourceGroup,
        region: machine.region,
        zone: machine.zone,
        sku: oldDisk?.sku ?? '',
        sizeGb: oldDisk?.sizeGb ?? 0,
        sourceSnapshotId: snapshot.id,
        tier: undefined,
        encryptionSetId: undefined,
        tags: { 'azlin:x': '1' },
      },
      signal,
    )
    expect(made).toMatchObject({ sku: oldDisk?.sku, zone: machine.zone, state: 'Unattached', tags: { 'azlin:x': '1' } })

    const place = { id: made.id, name: made.name, lun: null, caching: 'ReadWrite' } as const
    await azure.machines.deallocate(web, signal)
    expect(await azure.machines.status(web, signal)).toMatchObject({ power: 'deallocated' })
    await azure.machines.swapDisks(web, [place], undefined, signal)
    await azure.machines.start(web, signal)
    expect(await azure.machines.status(web, signal)).toMatchObject({ power: 'running' })
    expect((await azure.machines.get(web, signal)).disks[0]).toMatchObject({ id: made.id, caching: 'ReadWrite' })
    expect(await rejection(azure.disks.remove(made, signal))).toMatchObject({ code: 'DISK_ATTACHED' })
    if (oldDisk) await azure.disks.remove(oldDisk, signal)
  })

  it('a VM that runs does not have its OS disk swapped', async () => {
    const snapshot = await azure.snapshots.create(await wanted('three'), signal)
    const machine = await azure.machines.get(web, signal)
    const [os] = machine.disks
    const current = await azure.disks.find({ name: os?.name ?? '', resourceGroup }, signal)
    if (!current) throw new Error('web-1 has lost its disk')
    const { region, zone, sku, sizeGb } = current
    const facts = { tier: undefined, encryptionSetId: undefined, tags: {}, sourceSnapshotId: snapshot.id }
    const made = await azure.disks.create({ name: 'spare', resourceGroup, region, zone, sku, sizeGb, ...facts }, signal)
    const place = { id: made.id, name: made.name, lun: null, caching: 'None' } as const
    const error = await rejection(azure.machines.swapDisks(web, [place], undefined, signal))
    expect(error).toMatchObject({ code: 'VM_MUST_BE_DEALLOCATED' })
    await azure.disks.remove(made, signal)
  })

  it('what is locked is known to be, is not removed, and the lock is named', async () => {
    const made = await azure.snapshots.create(await wanted('locked'), signal)
    const lock = `${made.id}/providers/Microsoft.Authorization/locks/keep?api-version=2016-09-01`
    expect(await send('PUT', lock, { properties: { level: 'CanNotDelete' } })).toBe(201)
    expect(await azure.locks.inGroup(resourceGroup, signal)).toEqual([made.id.toLowerCase()])
    const error = await rejection(azure.snapshots.remove(made, signal))
    expect(error).toMatchObject({ code: 'LOCKED', details: { scope: expect.stringMatching(/snapshots\/locked$/i) } })
    await send('DELETE', lock)
    await azure.snapshots.remove(made, signal)
  })

  it('merging tags keeps what somebody else wrote meanwhile, and so does taking them away', async () => {
    const { id } = await azure.machines.get(web, signal)
    await azure.tags.merge(id, { 'azlin:a': '1', 'azlin:b': '2' }, signal)
    await azure.tags.merge(id, { foreign: 'x' }, signal)
    await azure.tags.merge(id, { 'azlin:a': '3' }, signal)
    await azure.tags.remove(id, ['AZLIN:B'], signal)
    const { tags } = await azure.machines.get(web, signal)
    expect(tags).toMatchObject({ 'azlin:a': '3', foreign: 'x' })
    expect(Object.keys(tags)).not.toContain('azlin:b')
    expect((await azure.inventory.taggedWith('azlin:a', signal)).map((one) => one.id.toLowerCase())).toContain(
      id.toLowerCase(),
    )
  })

  it('requests that are limited are sent again when Azure says', async () => {
    sandbox.faults.add({
      kind: 'status',
      status: 429,
      code: 'TooManyRequests',
      message: 'x',
      retryAfter: 1,
      path: 'snapshots',
      times: 1,
    })
    const begun = performance.now()
    await azure.snapshots.inGroup(resourceGroup, signal)
    expect(performance.now() - begun).toBeGreaterThan(990)
  })

  it('an operation that is accepted and fails has its reason', async () => {
    sandbox.faults.add({
      kind: 'failOperation',
      code: 'AllocationFailed',
      message: 'No room in the zone.',
      method: 'PUT',
      path: 'snapshots/four',
      times: 1,
    })
    const error = await rejection(azure.snapshots.create(await wanted('four'), signal))
    expect(error).toMatchObject({ code: 'CAPACITY', message: expect.stringContaining('No room in the zone.') })
    await azure.snapshots.remove({ name: 'four', resourceGroup }, signal)
  })

  it('polls that answer 500 and connections that break do no harm', async () => {
    sandbox.faults.add({ kind: 'failPolls', polls: 2, method: 'PUT', path: 'snapshots/five', times: 1 })
    sandbox.faults.add({ kind: 'drop', when: 'after', method: 'PUT', path: 'snapshots/five', times: 1 })
    sandbox.faults.add({ kind: 'drop', when: 'before', method: 'GET', path: 'snapshots/five', times: 1 })
    expect(await azure.snapshots.create(await wanted('five'), signal)).toMatchObject({ provisioningState: 'Succeeded' })
  })

  it('an interruption ends a wait at once, with its own reason', async () => {
    const want = await wanted('six')
    const stop = new AbortController()
    const reason = new AzlinError('INTERRUPTED', { by: 'Ctrl-C' })
    sandbox.faults.add({ kind: 'delay', ms: 4000, path: 'snapshots/six', times: 1 })
    const begun = performance.now()
    const ended = rejection(azure.snapshots.create(want, stop.signal))
    setTimeout(() => stop.abort(reason), 200)
    expect(await ended).toBe(reason)
    expect(performance.now() - begun).toBeLessThan(2000)
  })

  it('the group and the region are known, and a group that is not there is said so', async () => {
    expect(await azure.groups.find(resourceGroup, signal)).toMatchObject({ region: 'westus2' })
    expect(await azure.groups.find('nowhere', signal)).toBeUndefined()
    expect(await azure.regions.list(signal)).toContain('westus2')
    const { size, zone } = await azure.machines.get(web, signal)
    expect(await azure.regions.whyNotSize(size, 'westus2', zone, signal)).toBeUndefined()
    expect(await azure.regions.whyNotSize('Standard_Nothing', 'westus2', undefined, signal)).toContain('not offered')
    expect(await azure.locks.inGroup(resourceGroup, signal)).toEqual([])
    expect(await rejection(azure.snapshots.inGroup('nowhere', signal))).toMatchObject({
      code: 'RESOURCE_GROUP_NOT_FOUND',
    })
  })

  it('a second VM is made beside the first with an interface like its own, and is removed again', async () => {
    const machine = await azure.machines.get(web, signal)
    const snapshot = await azure.snapshots.create(await wanted('seven'), signal)
    const { region, zone } = machine
    const disk = await azure.disks.create(
      {
        name: 'web-2-os',
        resourceGroup,
        region,
        zone,
        sku: 'StandardSSD_LRS',
        sizeGb: snapshot.sizeGb,
        sourceSnapshotId: snapshot.id,
        tier: undefined,
        encryptionSetId: undefined,
        tags: {},
      },
      signal,
    )
    const nic = { name: 'web-2-nic', resourceGroup, region, tags: { 'azlin:t': '1' } }
    const nicId = await azure.networks.cloneNic(machine.nicIds[0] ?? '', nic, signal)
    const facts = {
      size: machine.size,
      osType: machine.osType,
      generation: undefined,
      trustedLaunch: machine.trustedLaunch,
      zone,
      architecture: undefined,
      licenseType: undefined,
      plan: machine.plan,
      agent: undefined,
    }
    const second = { name: 'web-2', resourceGroup }
    const disks = [{ id: disk.id, name: disk.name, lun: null, caching: 'ReadWrite' }] as const
    const made = await azure.machines.create(
      { ...second, region, zone, facts, disks, nicId, tags: {}, throwAway: false },
      signal,
    )
    expect(made).toMatchObject({ name: 'web-2', provisioningState: 'Succeeded' })
    expect(await azure.networks.findNic(nic, signal)).toMatchObject({ tags: { 'azlin:t': '1' } })
    await azure.machines.remove(second, signal)
    await azure.networks.removeNic(nic, signal)
    await azure.disks.remove(disk, signal)
    expect(await azure.machines.find(second, signal)).toBeUndefined()
  })
})
