import { describe, expect, it } from '@jest/globals'
import { armId, groupId, groupNameOf, ownerOf, resourceRefOf } from '../../../src/core/domain/arm-id.js'

describe('ARM ids', () => {
  it('come apart as they were put together, for every kind', () => {
    for (const kind of ['disk', 'nic', 'nsg', 'pip', 'snapshot', 'vm', 'vnet'] as const) {
      const ref = { name: 'x-1', resourceGroup: 'rg' }
      const id = armId('s', kind, ref)
      expect(resourceRefOf(id)).toEqual(ref)
      expect(ownerOf(id)).toEqual({ kind, ...ref })
      expect(ownerOf(id.toUpperCase())).toEqual({ kind, name: 'X-1', resourceGroup: 'RG' })
      expect(groupNameOf(id)).toBeUndefined()
    }
  })

  it('of what is inside of a resource belong to that resource', () => {
    const extension = `${armId('s', 'vm', { name: 'web', resourceGroup: 'rg' })}/extensions/agent`
    expect(ownerOf(extension)).toEqual({ kind: 'vm', name: 'web', resourceGroup: 'rg' })
    expect(resourceRefOf(extension)).toBeUndefined()
  })

  it('of other kinds, and of a group, have no such owner', () => {
    expect(ownerOf('/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v')).toBeUndefined()
    expect(ownerOf(groupId('s', 'rg'))).toBeUndefined()
    expect(groupNameOf(groupId('s', 'rg'))).toBe('rg')
  })
})
