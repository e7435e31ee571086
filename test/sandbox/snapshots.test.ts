import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { DiskMaker, group, minute } from './disk-maker.js'
import { quick, Running, refusal } from './running.js'

let running: Running
let make: DiskMaker
beforeAll(async () => {
  running = await Running.start()
  make = new DiskMaker(running)
})
afterAll(() => running.end())
// Out of the five minutes in which only seven incremental snapshots of a disk are allowed.
beforeEach(() => running.sandbox.world.advance(10 * minute))

describe('snapshots', () => {
  it('are taken of a disk in the moment of the PUT, with what the disk is', async () => {
    const made = await make.snapshot('first')
    expect(made).toMatchObject({
      name: 'first',
      incremental: true,
      osType: 'Linux',
      hyperVGeneration: 'V2',
      diskSizeGB: 30,
    })
    expect(made).toMatchObject({
      snapshotAccessState: 'Available',
      diskState: 'Unattached',
      sku: { name: 'Standard_ZRS' },
    })
    expect(made.completionPercent).toBeUndefined()
    const disk = await running.compute.disks.get(group, 'web-1_OsDisk_1')
    expect(made.creationData?.sourceUniqueId).toBe(disk.uniqueId)
  })

  it('answer a PUT with 202, two URLs, and less than the whole resource', async () => {
    const path = `${make.snapshotId('raw')}?api-version=2025-01-02`
    const creationData = { createOption: 'Copy', sourceResourceId: make.diskId('web-1_OsDisk_1') }
    const answer = await running.raw('PUT', path, { location: 'westus2', properties: { creationData } })
    expect(answer).toMatchObject({ status: 202, body: { name: 'raw', properties: { provisioningState: 'Updating' } } })
    expect(answer.body['properties']).not.toHaveProperty('timeCreated')
    const url = answer.headers['azure-asyncoperation'] ?? ''
    expect(url.length).toBeGreaterThan(1500)
    const changed = await running.raw('GET', url.replace('&t=', '&t=1'))
    expect(changed.status).toBe(403)
    running.sandbox.world.advance(minute)
    expect(await running.raw('GET', url)).toMatchObject({
      status: 200,
      body: { status: 'Succeeded', properties: { output: { name: 'raw' } } },
    })
    expect(await running.raw('GET', answer.headers['location'] ?? '')).toMatchObject({
      status: 200,
      body: { name: 'raw' },
    })
    running.sandbox.world.advance(25 * 60 * minute)
    expect((await running.raw('GET', url)).status).toBe(404)
  })

  it('keep the old data when the name is used again, and refuse another source under it', async () => {
    const before = await make.snapshot('again')
    running.sandbox.world.advance(minute)
    const after = await make.snapshot('again')
    expect(after.timeCreated).toEqual(before.timeCreated)
    expect(after.uniqueId).toBe(before.uniqueId)
    const refused = await refusal(make.snapshot('again', { from: make.diskId('db-1_OsDisk_1') }))
    expect(refused).toMatchObject({ statusCode: 409 })
    expect(refused.message).toContain('existing disk')
    expect(await refusal(make.snapshot('again', { location: 'eastus' }))).toMatchObject({
      statusCode: 409,
      code: 'InvalidResourceLocation',
    })
  })

  it('refuse names that are too long and the eighth of a disk in five minutes', async () => {
    expect(await refusal(make.snapshot('x'.repeat(81)))).toMatchObject({ statusCode: 400, code: 'InvalidParameter' })
    const from = make.diskId('idle-1_OsDisk_1')
    for (let index = 0; index < 7; index++) await make.snapshot(`pace-${index}`, { from })
    expect(await refusal(make.snapshot('pace-7', { from }))).toMatchObject({
      statusCode: 409,
      code: 'OperationNotAllowed',
    })
    running.sandbox.world.advance(6 * minute)
    expect((await make.snapshot('pace-7', { from })).name).toBe('pace-7')
  })

  it('are not copied to another region without CopyStart, from a full one or from a disk', async () => {
    await make.snapshot('full', { incremental: false })
    const away = (from: string, option: string) => refusal(make.snapshot('away', { from, location: 'eastus', option }))
    expect(await away(make.diskId('web-1_OsDisk_1'), 'Copy')).toMatchObject({ statusCode: 400 })
    expect(await away(make.snapshotId('full'), 'CopyStart')).toMatchObject({ statusCode: 400 })
    const disk = await away(make.diskId('web-1_OsDisk_1'), 'CopyStart')
    expect(disk.message).toContain('Entity not of expected type')
  })

  it('open their bytes with a SAS, and cannot be deleted until it is closed', async () => {
    await make.snapshot('open')
    const { accessSAS } = await running.compute.snapshots.grantAccess(
      group,
      'open',
      { access: 'Read', durationInSeconds: 600 },
      quick,
    )
    expect(accessSAS).toMatch(/^https:\/\/127\.0\.0\.1.*sig=/)
    expect((await running.compute.snapshots.get(group, 'open')).diskState).toBe('ActiveSAS')
    const refused = await refusal(running.compute.snapshots.delete(group, 'open', quick))
    expect(refused).toMatchObject({ statusCode: 409, code: 'OperationNotAllowed' })
    const end = 30 * 1024 ** 3
    const footer = await running.raw('GET', accessSAS ?? '', undefined, { range: `bytes=${end}-${end + 7}` })
    expect(footer).toMatchObject({ status: 206, text: 'conectix' })
    await running.compute.snapshots.revokeAccess(group, 'open', quick)
    await running.compute.snapshots.delete(group, 'open', quick)
    expect(await refusal(running.compute.snapshots.get(group, 'open'))).toMatchObject({ statusCode: 404 })
  })

  it('are listed by group', async () => {
    const names: (string | undefined)[] = []
    for await (const { name } of running.compute.snapshots.listByResourceGroup(group)) names.push(name)
    expect(names).toContain('first')
    expect(await refusal(running.compute.snapshots.listByResourceGroup('nowhere').next())).toMatchObject({
      code: 'ResourceGroupNotFound',
    })
  })
})

describe('disks', () => {
  it('made from a snapshot hold what it holds; they may be larger and not smaller', async () => {
    await make.snapshot('seed')
    const disk = await make.disk('grown', make.snapshotId('seed'), { diskSizeGB: 64 })
    expect(disk).toMatchObject({
      diskSizeGB: 64,
      diskState: 'Unattached',
      osType: 'Linux',
      sku: { name: 'Premium_LRS' },
    })
    const content = (id: string) => running.sandbox.world.get(id)?.hidden.content
    expect(content(make.diskId('grown'))).toEqual({
      ...content(make.snapshotId('seed')),
      sizeBytes: 64 * 1024 ** 3,
      partitionedBytes: 30 * 1024 ** 3,
    })
    const shrunk = await refusal(make.disk('shrunk', make.snapshotId('seed'), { diskSizeGB: 10 }))
    expect(shrunk.message).toContain('cannot be resized down')
    expect(shrunk.statusCode).toBeUndefined()
  })

  it('are not made in another region than the snapshot, nor with a security profile', async () => {
    await make.snapshot('here')
    expect(await refusal(make.disk('elsewhere', make.snapshotId('here'), { location: 'eastus' }))).toMatchObject({
      statusCode: 400,
    })
    const creationData = { createOption: 'Copy', sourceResourceId: make.snapshotId('here') }
    const body = { location: 'westus2', creationData, securityProfile: { securityType: 'TrustedLaunch' } }
    expect(await refusal(running.compute.disks.createOrUpdate(group, 'secure', body, quick))).toMatchObject({
      statusCode: 400,
      code: 'BadRequest',
    })
  })

  it('that are attached name their machine and cannot be deleted', async () => {
    expect(await running.compute.disks.get(group, 'web-1_OsDisk_1')).toMatchObject({
      diskState: 'Attached',
      managedBy: running.id('Microsoft.Compute/virtualMachines/web-1'),
    })
    expect((await running.compute.disks.get(group, 'idle-1_OsDisk_1')).diskState).toBe('Reserved')
    const refused = await refusal(running.compute.disks.delete(group, 'db-1_data_0', quick))
    expect(refused).toMatchObject({ statusCode: 409, code: 'OperationNotAllowed' })
    expect(refused.message).toMatch(/^Disk db-1_data_0 is attached to VM .*db-1\.$/)
  })
})
