import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { quick, Running, refusal } from './running.js'

const group = 'demo-rg'
let running: Running
beforeAll(async () => {
  running = await Running.start()
})
afterAll(() => running.end())

const id = (rest: string) => running.id(`Microsoft.Compute/${rest}`)
const setId = (name: string) => id(`diskEncryptionSets/${name}`)
const customer = 'EncryptionAtRestWithCustomerKey'
const withSet = (name: string) => ({ encryption: { type: customer, diskEncryptionSetId: setId(name) } })
const activeKey = { keyUrl: 'https://vault.vault.azure.net/keys/disks/0123456789abcdef0123456789abcdef' }

const makeSet = (name: string, location: string) =>
  running.compute.diskEncryptionSets.createOrUpdate(
    group,
    name,
    { location, identity: { type: 'SystemAssigned' }, activeKey, encryptionType: customer },
    quick,
  )

const makeDisk = (name: string, more: object = {}) =>
  running.compute.disks.createOrUpdate(
    group,
    name,
    { location: 'westus2', diskSizeGB: 4, creationData: { createOption: 'Empty' }, ...more },
    quick,
  )

function snapshot(name: string, source: string, more: object = {}) {
  const creationData = { createOption: 'Copy', sourceResourceId: id(source) }
  return running.compute.snapshots.createOrUpdate(
    group,
    name,
    { location: 'westus2', incremental: true, creationData, ...more },
    quick,
  )
}

const copyTo = (name: string, source: string, location: string, more: object = {}) =>
  snapshot(name, `snapshots/${source}`, {
    location,
    creationData: { createOption: 'CopyStart', sourceResourceId: id(`snapshots/${source}`) },
    ...more,
  })

describe('disk encryption sets', () => {
  beforeAll(async () => {
    await makeSet('set-home', 'westus2')
    await makeSet('set-home-2', 'westus2')
    await makeSet('set-far', 'eastus')
  })

  it('are made with an identity and a key, read, listed, and deleted when nobody uses them', async () => {
    const { diskEncryptionSets } = running.compute
    await makeSet('set-short', 'westus2')
    expect(await diskEncryptionSets.get(group, 'set-short')).toMatchObject({
      location: 'westus2',
      encryptionType: customer,
      provisioningState: 'Succeeded',
      identity: { type: 'SystemAssigned' },
      activeKey,
    })
    const names: (string | undefined)[] = []
    for await (const { name } of diskEncryptionSets.list()) names.push(name)
    expect(names).toEqual(['set-home', 'set-home-2', 'set-far', 'set-short'])
    await diskEncryptionSets.delete(group, 'set-short', quick)
    expect(await refusal(diskEncryptionSets.get(group, 'set-short'))).toMatchObject({ statusCode: 404 })
    await makeDisk('using', withSet('set-home'))
    expect(await refusal(diskEncryptionSets.delete(group, 'set-home', quick))).toMatchObject({ statusCode: 409 })
    const keyless = { location: 'westus2', identity: { type: 'SystemAssigned' as const } }
    expect(await refusal(diskEncryptionSets.createOrUpdate(group, 'bad', keyless, quick))).toMatchObject({
      statusCode: 400,
    })
  })

  it('have to be there, in the region of the disk', async () => {
    expect(await refusal(makeDisk('bad', withSet('nowhere')))).toMatchObject({ statusCode: 404 })
    expect(await refusal(makeDisk('bad', withSet('set-far')))).toMatchObject({ statusCode: 400, code: 'BadRequest' })
    expect(await refusal(makeDisk('bad', { encryption: { type: customer } }))).toMatchObject({ statusCode: 400 })
    const plain = await makeDisk('plain')
    expect(plain.encryption).toEqual({ type: 'EncryptionAtRestWithPlatformKey' })
  })

  it('go along into snapshots and disks of the disk, which cannot have others or none', async () => {
    await makeDisk('keyed', withSet('set-home'))
    const taken = await snapshot('keyed-1', 'disks/keyed')
    expect(taken.encryption).toEqual({ type: customer, diskEncryptionSetId: setId('set-home') })
    const refused = { statusCode: 400, code: 'InvalidParameter' }
    expect(await refusal(snapshot('keyed-2', 'disks/keyed', withSet('set-home-2')))).toMatchObject(refused)
    const platform = { encryption: { type: 'EncryptionAtRestWithPlatformKey' } }
    expect(await refusal(snapshot('keyed-2', 'disks/keyed', platform))).toMatchObject(refused)
    const creationData = { createOption: 'Copy', sourceResourceId: id('snapshots/keyed-1') }
    expect((await makeDisk('from-keyed', { creationData })).encryption?.diskEncryptionSetId).toBe(setId('set-home'))
    expect(await refusal(makeDisk('stripped', { creationData, ...platform }))).toMatchObject(refused)
    const change = running.compute.disks.update(group, 'keyed', platform, quick)
    expect(await refusal(change)).toMatchObject({ statusCode: 409, code: 'PropertyChangeNotAllowed' })
  })

  it('have to be named for the target region of a copy', async () => {
    await makeDisk('travels', withSet('set-home'))
    await snapshot('travels-1', 'disks/travels')
    const bare = copyTo('travels-far', 'travels-1', 'eastus')
    expect(await refusal(bare)).toMatchObject({ statusCode: 400, code: 'InvalidParameter' })
    const home = copyTo('travels-far', 'travels-1', 'eastus', withSet('set-home'))
    expect(await refusal(home)).toMatchObject({ statusCode: 400 })
    const copy = await copyTo('travels-far', 'travels-1', 'eastus', withSet('set-far'))
    expect(copy.encryption?.diskEncryptionSetId).toBe(setId('set-far'))
    expect(await refusal(running.compute.snapshots.get(group, 'travels-far-2'))).toMatchObject({ statusCode: 404 })
  })
})
