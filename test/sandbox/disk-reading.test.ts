/** What stands between a disk and its bytes, through the SDK. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { AnonymousCredential, newPipeline, PageBlobClient } from '@azure/storage-blob'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { quick, Running, refusal } from './running.js'

const group = 'demo-rg'
let running: Running
beforeAll(async () => {
  running = await Running.start()
})
afterEach(() => running.sandbox.faults.clear())
afterAll(() => running.end())

const id = (rest: string) => running.id(`Microsoft.Compute/${rest}`)

function blob(url: string | undefined): PageBlobClient {
  const trust = { tlsOptions: { ca: readFileSync(running.sandbox.caFile, 'utf8') } }
  return new PageBlobClient(
    url ?? '',
    newPipeline(new AnonymousCredential(), { ...trust, retryOptions: { maxTries: 1 } }),
  )
}

async function take(name: string, disk = 'web-1_OsDisk_1'): Promise<void> {
  const creationData = { createOption: 'Copy', sourceResourceId: id(`disks/${disk}`) }
  const body = { location: 'westus2', incremental: true, creationData }
  await running.compute.snapshots.createOrUpdate(group, name, body, quick)
}

function diskFrom(name: string, snapshot: string, more: object = {}) {
  const creationData = { createOption: 'Copy', sourceResourceId: id(`snapshots/${snapshot}`) }
  return running.compute.disks.createOrUpdate(group, name, { location: 'westus2', creationData, ...more }, quick)
}

const grant = (name: string, more: object = {}) =>
  running.compute.disks.grantAccess(group, name, { access: 'Read', durationInSeconds: 600, ...more }, quick)

async function digestOf(name: string): Promise<string> {
  const { accessSAS } = await grant(name)
  const source = blob(accessSAS)
  const hash = createHash('sha256')
  for await (const { start, end } of source.listPageRanges()) {
    hash.update(await source.downloadToBuffer(start, end - start + 1))
  }
  await running.compute.disks.revokeAccess(group, name, quick)
  return hash.digest('hex')
}

describe('the bytes of a snapshot', () => {
  it('are the same for ever', async () => {
    await take('stable')
    await diskFrom('stable-1', 'stable')
    const first = await digestOf('stable-1')
    running.sandbox.world.advance(100 * 86_400_000)
    await diskFrom('stable-2', 'stable')
    expect(await digestOf('stable-2')).toBe(first)
  })

  it('are others each time where that is the trouble', async () => {
    running.sandbox.faults.add({ kind: 'content', trouble: 'changed', path: '/snapshots/fickle$' })
    await take('fickle', 'tl-1_OsDisk_1')
    await diskFrom('fickle-1', 'fickle')
    await diskFrom('fickle-2', 'fickle')
    expect(await digestOf('fickle-1')).not.toBe(await digestOf('fickle-2'))
  })

  it('can be spoilt on the way to a disk alone', async () => {
    await take('sound', 'idle-1_OsDisk_1')
    running.sandbox.faults.add({ kind: 'content', trouble: 'zeroed', path: '/disks/spoilt$' })
    await diskFrom('spoilt', 'sound')
    await diskFrom('whole', 'sound')
    const start = async (name: string) => blob((await grant(name)).accessSAS).downloadToBuffer(0, 512)
    expect((await start('spoilt')).equals(Buffer.alloc(512))).toBe(true)
    expect((await start('whole')).equals(Buffer.alloc(512))).toBe(false)
  })
})

describe('access', () => {
  it('is granted only by who may, where a policy denies it', async () => {
    const creationData = { createOption: 'Empty' }
    const body = { location: 'westus2', creationData, diskSizeGB: 4 }
    await running.compute.disks.createOrUpdate(group, 'shut', { ...body, networkAccessPolicy: 'DenyAll' }, quick)
    expect(await refusal(grant('shut'))).toMatchObject({ statusCode: 409 })
    const lacking = running.compute.disks.createOrUpdate(
      group,
      'private',
      { ...body, networkAccessPolicy: 'AllowPrivate' },
      quick,
    )
    expect(await refusal(lacking)).toMatchObject({ statusCode: 400 })
    const code = 'RequestDisallowedByPolicy'
    running.sandbox.faults.add({ kind: 'status', status: 403, code, message: 'No.', path: '/beginGetAccess$' })
    expect(await refusal(grant('shut'))).toMatchObject({ statusCode: 403, code })
  })

  it('is open to five of a chain at once', async () => {
    const names = Array.from({ length: 6 }, (_, index) => `family-${index}`)
    for (const name of names) await take(name, 'db-1_data_0')
    const open = (name: string) =>
      running.compute.snapshots.grantAccess(group, name, { access: 'Read', durationInSeconds: 600 }, quick)
    for (const name of names.slice(0, 5)) await open(name)
    expect(await refusal(open('family-5'))).toMatchObject({ statusCode: 409 })
    await running.compute.snapshots.revokeAccess(group, 'family-0', quick)
    expect((await open('family-5')).accessSAS).toContain('sig=')
  })
})

describe('a disk with sectors of 4096 bytes', () => {
  it('is of a kind that has them, and served as a VHDX unless a VHD is asked for', async () => {
    const creationData = { createOption: 'Empty', logicalSectorSize: 4096 }
    const body = { location: 'westus2', creationData, diskSizeGB: 4, zones: ['1'] }
    const premium = running.compute.disks.createOrUpdate(group, 'big', { ...body, sku: { name: 'Premium_LRS' } }, quick)
    expect(await refusal(premium)).toMatchObject({ statusCode: 400 })
    const sku = { name: 'PremiumV2_LRS' }
    await running.compute.disks.createOrUpdate(group, 'big', { ...body, sku }, quick)
    const full = { location: 'westus2', creationData: { createOption: 'Copy', sourceResourceId: id('disks/big') } }
    expect(await refusal(running.compute.snapshots.createOrUpdate(group, 'big-full', full, quick))).toMatchObject({
      statusCode: 400,
    })
    await take('big-1', 'big')
    running.sandbox.world.advance(3_600_000)
    expect((await running.compute.snapshots.get(group, 'big-1')).creationData?.logicalSectorSize).toBe(4096)
    expect(await refusal(diskFrom('small', 'big-1', { sku: { name: 'Standard_LRS' } }))).toMatchObject({
      statusCode: 400,
    })
    await diskFrom('big-2', 'big-1', { sku, zones: ['1'] })
    const head = async (more: object) => blob((await grant('big-2', more)).accessSAS).downloadToBuffer(0, 8)
    expect((await head({})).toString('latin1')).toBe('vhdxfile')
    expect((await head({ fileFormat: 'VHD' })).toString('latin1')).not.toBe('vhdxfile')
  })
})
