import { afterAll, afterEach, describe, expect, it } from '@jest/globals'
import { decodeTemporary, temporaryTag } from '../../../src/core/domain/temporary.js'
import { AzlinError } from '../../../src/core/errors.js'
import { TemporaryResources } from '../../../src/core/managers/temporary-resources.js'
import { type CoreOnSandbox, coreOnSandbox, endServer } from '../../support/core-on-sandbox.js'

let core: CoreOnSandbox
afterEach(() => core.close())
afterAll(endServer)

const { signal } = new AbortController()
const minutes = (count: number) => count * 60_000

async function groupsOf(names: readonly string[]): Promise<TemporaryResources> {
  const { azure, clock, records, drillDeps } = core
  const deps = { azure, clock, journal: records.journal, host: 'ops', limit: drillDeps.limit }
  const temporary = new TemporaryResources(deps, 'dr test web-1', minutes(60))
  for (const name of names)
    await temporary.make(
      'group',
      { name, resourceGroup: name },
      () => azure.testGroups.create(name, 'eastus2', temporary.tags(), signal),
      (signal) => azure.testGroups.remove(name, signal),
    )
  return temporary
}

const untilOf = async (name: string) =>
  decodeTemporary((await core.azure.groups.find(name, signal))?.tags[temporaryTag] ?? '')?.until

describe('the mark on what a drill makes', () => {
  it('runs out within the hour, and is renewed for as long as the drill runs', async () => {
    core = await coreOnSandbox()
    const temporary = await groupsOf(['one', 'two'])
    const first = await untilOf('one')
    expect(+(first ?? 0) - +core.clock.now()).toBeLessThanOrEqual(minutes(60))
    core.sandbox.world.clock.advance(minutes(50))
    await core.azure.testGroups.remove('two', signal)
    await temporary.renew(signal)
    expect(+((await untilOf('one')) ?? 0) - +(first ?? 0)).toBeGreaterThanOrEqual(minutes(49))
    // One that is gone does not come back.
    expect(await core.azure.groups.find('two', signal)).toBeUndefined()
    await temporary.remove(core.run())
  })

  it('says of each thing whether it is gone', async () => {
    core = await coreOnSandbox()
    const temporary = await groupsOf(['one', 'two'])
    core.sandbox.faults.add({
      kind: 'status',
      status: 409,
      code: 'ScopeLocked',
      message: 'locked',
      method: 'DELETE',
      path: 'resourcegroups/two',
    })
    const left = await temporary.remove(core.run())
    expect(left).toEqual([expect.stringMatching(/\/resourceGroups\/two$/)])
    expect((await core.records.journal.list()).map(({ resourceId }) => resourceId)).toEqual(left)
    expect(await core.azure.groups.find('one', signal)).toBeUndefined()
  })

  it('never covers what was there before: a name that is taken is not removed', async () => {
    core = await coreOnSandbox()
    await core.azure.groups.create('theirs', 'eastus2', signal)
    await expect(groupsOf(['theirs'])).rejects.toBeInstanceOf(AzlinError)
    expect(await core.records.journal.list()).toEqual([])
    expect(await core.azure.groups.find('theirs', signal)).toBeDefined()
  })
})
