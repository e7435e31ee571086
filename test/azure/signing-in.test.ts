import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals'
import { connected, rejection } from './support/connected.js'
import { ScriptedAzure } from './support/scripted-azure.js'

let cloud: ScriptedAzure
beforeAll(async () => {
  cloud = await ScriptedAzure.start()
})
afterEach(() => cloud.reset())
afterAll(() => cloud.stop())

it('says that nobody is signed in when the credential is refused, and sends nothing else', async () => {
  const { azure } = await connected(cloud)
  cloud.tokenScript = { status: 400, body: { error: 'invalid_client', error_description: 'Identity not found' } }
  const error = await rejection(azure.snapshots.find({ name: 's', resourceGroup: 'rg' }, new AbortController().signal))
  expect(error).toMatchObject({ code: 'NOT_SIGNED_IN', message: expect.stringContaining('Identity not found') })
  expect(cloud.asked).toEqual([])
})

it('says in plain words that the identity gave no answer of the form it should have', async () => {
  const { azure } = await connected(cloud)
  cloud.tokenScript = { status: 502 }
  const error = await rejection(azure.snapshots.find({ name: 's', resourceGroup: 'rg' }, new AbortController().signal))
  expect(error).toMatchObject({
    code: 'NOT_SIGNED_IN',
    message: "Not signed in to Azure: the managed identity's answer is not of the form that Azure gives.",
  })
})
