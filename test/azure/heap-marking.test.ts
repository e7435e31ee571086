import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { Script } from 'node:vm'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { connected, group, rejection } from './support/connected.js'
import { ScriptedAzure } from './support/scripted-azure.js'

const { signal } = new AbortController()
const one = { id: `${group}/providers/Microsoft.Compute/snapshots/snap`, name: 'snap', location: 'westus2' }

let cloud: ScriptedAzure
beforeAll(async () => {
  cloud = await ScriptedAzure.start()
})
afterAll(() => cloud.stop())

// Another test file of this process may have left a list in the middle.
setFlagsFromString('--incremental-marking')
/** V8 takes prepared code only under the flags that it was made under. What it has compiled it does not ask about again. */
let number = 100
const source = () => `1 + ${number++}`
const cachedData = new Script(source()).createCachedData()
const flagsAreUsual = () => new Script(source(), { cachedData }).cachedDataRejected === false

it('stands still from the first page of a long list to its last, and at no other time', async () => {
  const { azure } = await connected(cloud)
  const seen: boolean[] = []
  cloud.on('GET', /\/snapshots$/, ({ url }) => {
    seen.push(flagsAreUsual())
    const page = Number(/page=(\d)/.exec(url)?.[1] ?? 1)
    const nextLink = `${cloud.endpoint}${group}/x/snapshots?api-version=1&page=${page + 1}`
    return { body: { value: [one], ...(page < 4 && { nextLink }) } }
  })
  expect(await azure.snapshots.inGroup('rg', signal)).toHaveLength(4)
  await sleep(1)
  expect(seen).toEqual([true, false, false, false])
  expect(flagsAreUsual()).toBe(true)

  cloud.reset()
  cloud.on('GET', /\/snapshots$/, { body: { value: [one] } })
  await azure.snapshots.inGroup('rg', signal)
  expect(flagsAreUsual()).toBe(true)
})

it('goes on where a list ends with an error', async () => {
  const { azure } = await connected(cloud)
  const next = (page: number) => `${cloud.endpoint}${group}/x/snapshots?api-version=1&page=${page}`
  for (const second of ['drop', { body: { value: [one], nextLink: next(2) } }] as const) {
    cloud.reset()
    cloud.on('GET', /\/snapshots$/, ({ url }) =>
      url.includes('page=2') ? second : { body: { value: [one], nextLink: next(2) } },
    )
    await rejection(azure.snapshots.inGroup('rg', signal))
    expect(flagsAreUsual()).toBe(true)
  }
})
