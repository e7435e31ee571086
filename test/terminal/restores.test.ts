import { describe, expect, it } from '@jest/globals'
import type { RestorePlan } from '../../src/core/managers/restore-manager.js'
import { failbackLines, failoverLines } from '../../src/terminal/failovers.js'
import { describeRestore } from '../../src/terminal/restores.js'

const ages = { rpoSeconds: 3600, rtoSeconds: 312 }
const vm = {
  vmName: 'web-1',
  resourceGroup: 'dr',
  region: 'westus2',
  backupName: 'b',
  restoredDisks: ['os'],
  stillMarked: [],
}
const failback = { ...vm, ...ages, previousDisks: [], notes: [] }

describe('what runs again, in words', () => {
  it('names what still looks like a leftover', () => {
    const text = failoverLines('web-1', {
      ...vm,
      ...ages,
      size: 'D2',
      guestReported: true,
      stillMarked: ['/x/disks/os-1'],
    })
    expect(text).toMatch(/Still tagged azlin:temporary.*: os-1\.\nazlin cleanup on this computer takes them off/)
  })

  it('says that the guest has reported', () => {
    expect(failoverLines('web-1', { ...vm, ...ages, size: 'D2', guestReported: true }).split('\n')).toEqual([
      'web-1 runs in westus2 as web-1 (group dr) from b.',
      'Data 1 h old (RPO), up after 5 min 12 s (RTO).',
      'Its guest agent has reported.',
      'azlin dr failback web-1 -g dr brings it home again.',
    ])
    expect(failbackLines({ ...failback, guestReported: true })).toContain('Its guest agent has reported.')
    const plan = { mode: 'beside' } as RestorePlan
    expect(describeRestore({ ...failback, guestReported: true }, plan)).toMatch(/guest agent +has reported/)
  })

  it('claims no more than that it runs where none has', () => {
    const text = failoverLines('web-1', { ...vm, ...ages, size: 'D2', guestReported: false })
    expect(text).toContain('running after 5 min 12 s (RTO)')
    expect(text).toContain('nothing showed that its system came up')
    expect(failbackLines({ ...failback, guestReported: false })).toContain('nothing showed that its system came up')
    const plan = { mode: 'beside' } as RestorePlan
    expect(describeRestore({ ...failback, guestReported: false }, plan)).toContain(
      'nothing showed that its system came up',
    )
  })
})
