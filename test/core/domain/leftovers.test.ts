import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { findLeftovers, type JournalFact, patienceMs, temporaryKinds } from '../../../src/core/domain/leftovers.js'
import { encodeTemporary } from '../../../src/core/domain/temporary.js'

const now = new Date('2026-11-23T12:00:00Z')
const base = '/subscriptions/s/resourceGroups/rg/providers/'
const disk = `${base}Microsoft.Compute/disks/d1`

function entry(change: Partial<JournalFact> = {}): JournalFact {
  return {
    id: 'j1',
    kind: 'disk',
    resourceId: disk,
    purpose: 'restore web-1',
    createdAt: now,
    ownerAlive: false,
    kept: false,
    owner: { host: 'here' },
    ...change,
  }
}
function tag(untilMs: number, resourceId = disk, type = 'Microsoft.Compute/disks', owner = 'ops', since = now) {
  const note = encodeTemporary({ purpose: 'restore web-1', owner, since, until: new Date(+now + untilMs) })
  return { resourceId, type, note }
}

const byKind = (a: { kind: string }, b: { kind: string }) => (a.kind < b.kind ? 1 : -1)

describe('findLeftovers', () => {
  it('lets go what a dead process of this computer has journalled, even when the tag says it may be in use', () => {
    const [one] = findLeftovers([entry()], [tag(3_600_000, disk, undefined, 'here')], now)
    expect(one).toMatchObject({ journalIds: ['j1'], inUse: undefined })
  })

  it('leaves what another command has made of a name that a dead process has journalled', () => {
    const vm = `${base}Microsoft.Compute/virtualMachines/v1`
    const dead = [entry(), entry({ id: 'j2', kind: 'vm', resourceId: vm })]
    const vmType = 'Microsoft.Compute/virtualMachines'
    const later = new Date(+now + 1)
    for (const [owner, since] of [['ops', now] as const, ['here', later] as const]) {
      const [machine, one] = findLeftovers(dead, [tag(1, disk, undefined, owner, since)], now).toSorted(byKind)
      expect(machine).toMatchObject({ kind: 'vm', inUse: undefined })
      expect(one).toMatchObject({ journalIds: ['j1'], inUse: expect.stringContaining(`on ${owner} may use it until`) })
      const [finished] = findLeftovers(dead, [tag(-1, vm, vmType, owner, since)], now).toSorted(byKind)
      expect(finished?.inUse).toMatch(/may have finished/)
    }
    // When its time is over it is a leftover like any other.
    expect(findLeftovers([entry()], [tag(0)], now)[0]?.inUse).toBeUndefined()
    expect(findLeftovers([entry()], [{ ...tag(0), note: 'mine' }], now)[0]?.inUse).toContain('not written by azlin')
  })

  it('never lets go what it was decided to keep, however often it was written down', () => {
    const twice = [entry({ kept: true }), entry({ id: 'j2' })]
    for (const facts of [twice, twice.toReversed()])
      expect(findLeftovers(facts, [tag(-1)], now)).toMatchObject([{ kept: true, inUse: undefined }])
  })

  it('leaves a VM of a restore or failover that another computer may have finished, whatever its time', () => {
    const vm = `${base}Microsoft.Compute/virtualMachines/v1`
    const of = (purpose: string) => {
      const note = encodeTemporary({ purpose, owner: 'ops', until: new Date(+now - 30 * 86_400_000) })
      return findLeftovers([], [{ resourceId: vm, type: 'Microsoft.Compute/virtualMachines', note }], now)[0]?.inUse
    }
    expect(of('restore web-9')).toMatch(/may have finished, and somebody may work on it/)
    expect(of('dr failover web-1')).toMatch(/may have finished/)
    expect(of('dr test web-1')).toBeUndefined()
    // Where its command was journalled, and came to no end, it is a leftover.
    expect(findLeftovers([entry({ kind: 'vm', resourceId: vm })], [], now)[0]?.inUse).toBeUndefined()
  })

  it('leaves what a living process holds', () => {
    expect(findLeftovers([entry({ ownerAlive: true })], [], now)[0]?.inUse).toContain('still running')
  })

  it('leaves what is held twice when only one of the holders has died', () => {
    const twice = [entry(), entry({ id: 'j2', ownerAlive: true, resourceId: disk.toUpperCase() })]
    const found = findLeftovers(twice, [], now)
    expect(found).toHaveLength(1)
    expect(found[0]?.journalIds).toEqual(['j1', 'j2'])
    expect(found[0]?.inUse).toContain('still running')
  })

  it('waits for another computer as long as a command can last', () => {
    const young = entry({ ownerAlive: undefined, createdAt: new Date(+now - patienceMs + 1000) })
    const old = entry({ ownerAlive: undefined, createdAt: new Date(+now - patienceMs) })
    expect(findLeftovers([young], [], now)[0]?.inUse).toContain('another computer')
    expect(findLeftovers([old], [], now)[0]?.inUse).toBeUndefined()
  })

  it('goes by the time in the tag when there is no journal', () => {
    expect(findLeftovers([], [tag(1)], now)[0]?.inUse).toContain('until')
    expect(findLeftovers([], [tag(0)], now)[0]?.inUse).toBeUndefined()
  })

  it('leaves a resource whose tag somebody else wrote', () => {
    const found = findLeftovers([], [{ resourceId: disk, type: 'Microsoft.Compute/disks', note: 'mine' }], now)
    expect(found[0]?.inUse).toContain('not written by azlin')
  })

  it('never names a kind of resource that azlin does not make', () => {
    expect(
      findLeftovers(
        [],
        [tag(-1, `${base}Microsoft.Storage/storageAccounts/x`, 'Microsoft.Storage/storageAccounts')],
        now,
      ),
    ).toEqual([])
  })

  it('removes holders before what they hold, and names each resource once', () => {
    const kinds = fc.constantFrom(...temporaryKinds)
    const entries = fc.array(fc.record({ kind: kinds, n: fc.integer({ min: 0, max: 5 }) }))
    fc.assert(
      fc.property(entries, (list) => {
        const journal = list.map(({ kind, n }, i) => entry({ id: String(i), kind, resourceId: `${base}${kind}/${n}` }))
        const found = findLeftovers(journal, [], now)
        const order = found.map((one) => temporaryKinds.indexOf(one.kind))
        expect(order).toEqual(order.toSorted((a, b) => a - b))
        expect(new Set(found.map((one) => `${one.kind} ${one.resourceId}`)).size).toBe(found.length)
        expect(found.flatMap((one) => one.journalIds).toSorted()).toEqual(journal.map((one) => one.id).toSorted())
      }),
    )
  })
})

describe('what a drill leaves', () => {
  const network = (type: string) => tag(-1, `${base}Microsoft.Network/${type}/d1`, `Microsoft.Network/${type}`)
  const group = tag(-1, '/subscriptions/s/resourceGroups/drill', 'Microsoft.Resources/resourceGroups')

  it('goes in an order in which nothing stands in the way of what comes next', () => {
    const vm = tag(-1, `${base}Microsoft.Compute/virtualMachines/d1`, 'Microsoft.Compute/virtualMachines')
    const parts = [
      group,
      network('networkSecurityGroups'),
      network('virtualNetworks'),
      tag(-1),
      network('publicIPAddresses'),
    ]
    const found = findLeftovers([], [...parts, network('networkInterfaces'), vm], now)
    expect(found.map(({ kind }) => kind)).toEqual(['vm', 'nic', 'pip', 'disk', 'vnet', 'nsg', 'group'])
  })

  it('is left alone as long as its mark is renewed', () => {
    const fresh = {
      ...group,
      note: encodeTemporary({ purpose: 'dr test web-1', owner: 'ops', until: new Date(+now + 1) }),
    }
    expect(findLeftovers([], [fresh], now)[0]?.inUse).toContain('dr test web-1')
  })
})
