import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { quick, Running, refusal } from './running.js'

let running: Running
beforeAll(async () => {
  // Slow enough that the deletion is seen under way.
  running = await Running.start({ speed: 50 })
})
afterAll(() => running.end())

describe('the deletion of a group', () => {
  it('stops at what refuses to go, says so in capitals, and rolls back', async () => {
    const { resourceGroups } = running.resources
    await resourceGroups.createOrUpdate('stuck', { location: 'westus2' })
    const disk = { location: 'westus2', diskSizeGB: 4, creationData: { createOption: 'Empty' } }
    for (const name of ['free', 'open']) await running.compute.disks.createOrUpdate('stuck', name, disk, quick)
    await running.compute.disks.grantAccess('stuck', 'open', { access: 'Read', durationInSeconds: 86_400 }, quick)
    const path = `/subscriptions/${running.sandbox.subscriptionId}/resourcegroups/stuck?api-version=2021-04-01`
    const { status, headers } = await running.raw('DELETE', path)
    expect(status).toBe(202)
    expect(headers['azure-asyncoperation']).toBeUndefined()
    expect((await running.raw('GET', headers['location'] ?? '')).status).toBe(202)
    const late = await running.raw('PUT', path, { location: 'westus2' })
    expect(late).toMatchObject({ status: 409, body: { error: { code: 'ResourceGroupBeingDeleted' } } })
    running.sandbox.world.advance(3_600_000)
    const end = await running.raw('GET', headers['location'] ?? '')
    expect(end).toMatchObject({ status: 409, body: { Error: { Code: 'ResourceGroupDeletionBlocked' } } })
    expect((await resourceGroups.get('stuck')).properties?.provisioningState).toBe('Succeeded')
    expect(await refusal(running.compute.disks.get('stuck', 'free'))).toMatchObject({ statusCode: 404 })
  })
})
