import { describe, expect, it } from '@jest/globals'
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
const failback = { ...vm, ...ages, previousDisks: [], deletedDisks: [], notes: [] }

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
    expect(describeRestore({ ...failback, guestReported: true })).toMatch(/guest agent +has reported/)
  })

  it('calls deleted what is gone, and nothing else', () => {
    const disks = { previousDisks: ['old-os', 'old-data'], deletedDisks: ['old-os'] }
    expect(describeRestore({ ...failback, ...disks, guestReported: true })).toContain(
      'old-os (deleted), old-data (kept)',
    )
  })

  it('claims no more than that it runs where none has', () => {
    const text = failoverLines('web-1', { ...vm, ...ages, size: 'D2', guestReported: false })
    expect(text).toContain('running after 5 min 12 s (RTO)')
    expect(text).toContain('nothing showed that its system came up')
    expect(failbackLines({ ...failback, guestReported: false })).toContain('nothing showed that its system came up')
    expect(describeRestore({ ...failback, guestReported: false })).toContain('nothing showed that its system came up')
  })
})
