import { describe, expect, it } from '@jest/globals'
import type { Backup } from '../../src/core/domain/backup.js'
import type { Machine } from '../../src/core/domain/machine.js'
import type { ReplicationJob } from '../../src/core/domain/replication.js'
import { backupTable, noBackups } from '../../src/terminal/backups.js'
import { failbackQuestion } from '../../src/terminal/failovers.js'
import { describeReplication, noJobs } from '../../src/terminal/replications.js'
import { sandboxLines } from '../../src/terminal/sandboxes.js'
import { sayingOf } from '../../src/terminal/wording.js'

describe('where there is nothing to list', () => {
  it('the command that makes a backup of the tier that was asked for is named', () => {
    expect(noBackups('web-1', 'all', undefined)).toContain('azlin backup trigger web-1 takes one.')
    expect(noBackups('web-1', 'weekly', '7d')).toBe(
      'web-1 has no weekly backups younger than 7d. azlin backup trigger web-1 --tier weekly takes one.',
    )
  })

  it('nothing is denied but what was asked for', () => {
    expect(noJobs(undefined, undefined)).toBe('No copies are on record.')
    expect(noJobs('in_progress', 'web-1')).toBe('No in-progress copies of web-1 are on record.')
  })
})

describe('the list of backups', () => {
  it('has in a window of 80 columns when each was verified and where it was copied', () => {
    const at = new Date('2026-11-27T12:00:00Z')
    const names = ['web-1-backup-monthly-20261127-120000', 'web-1-backup-daily-20261126-120000']
    const backups = names.map((name, index) => ({
      name,
      vm: { name: 'web-1', resourceGroup: 'rg' },
      tier: index === 0 ? ('monthly' as const) : ('daily' as const),
      createdAt: at,
      verifiedAt: index === 0 ? at : undefined,
      replicatedTo: ['eastus2'],
      disks: [],
    }))
    const now = new Date('2026-11-27T12:12:00Z')
    const shown = backupTable(backups as unknown as Backup[], now, { isTTY: true, columns: 80 })
    expect(shown).toMatch(/^NAME .* VERIFIED .*REPLICATED/)
    expect(shown).toContain('12 min ago')
  })
})

describe('progress', () => {
  it.each([
    [0, 'to eastus2; azlin'],
    [1, '(1 more waits for its turn)'],
    [2, '(2 more wait for their turn)'],
  ])('tells of %i copies that wait', (waiting, words) => {
    const { text } = sayingOf({ type: 'copies.begun', vm: 'web-1', region: 'eastus2', underWay: 1, waiting })
    expect(text).toContain(words)
  })

  it('has no colon before a note that is empty', () => {
    const phase = { type: 'drill.phase', vm: 'web-1', phase: 'command', state: 'succeeded' } as const
    expect(sayingOf({ ...phase, note: '' }).text).toBe('Drill of web-1, command done')
    expect(sayingOf({ ...phase, note: 'HTTP 200' }).text).toBe('Drill of web-1, command done: HTTP 200')
  })
})

describe('a sandbox', () => {
  const status = {
    url: 'https://127.0.0.1:1',
    pid: 1,
    speed: 60,
    now: '2026-11-27T12:00:00Z',
    clockOffsetMs: 0,
    faults: 0,
  }

  it('says what it holds in plain words', () => {
    const resources = {
      'Microsoft.Resources/resourceGroups': 1,
      'Microsoft.Compute/virtualMachines': 4,
      'Microsoft.Compute/disks': 6,
      'Microsoft.Network/networkInterfaces': 4,
      'Microsoft.Network/virtualNetworks': 1,
    }
    expect(sandboxLines({ ...status, resources })).toContain(
      'holds      1 group, 4 VMs, 6 disks, 5 more of other kinds',
    )
    expect(sandboxLines({ ...status, resources: {} })).toContain('holds      nothing')
  })
})

describe('copies', () => {
  const job = (status: 'pending' | 'failed' | 'completed') =>
    ({ status, vm: { name: 'web-1', resourceGroup: 'rg' } }) as ReplicationJob

  it('are counted by how far they are', () => {
    expect(describeReplication([job('completed'), job('failed')], 'eastus2')).toBe(
      '1 copy in eastus2; 1 copy not made in eastus2.',
    )
    expect(describeReplication([job('pending')], 'eastus2')).toContain('1 copy waiting for its turn to go to eastus2.')
    expect(describeReplication([job('pending'), job('pending')], 'eastus2')).toContain(
      '2 copies waiting for their turn',
    )
  })
})

describe('before a failback', () => {
  it('it is said which of two VMs of one name is stopped', () => {
    const from = { name: 'web-1', region: 'eastus2', resourceGroup: 'rg-eastus2' } as Machine
    const home = { name: 'web-1', region: 'westus2', resourceGroup: 'rg' } as Machine
    const question = failbackQuestion({ from, home })
    expect(question).toContain('put in the place of web-1 in westus2 (group rg).')
    expect(question).toContain('web-1 in westus2 is stopped meanwhile')
    expect(question).toContain('web-1 in eastus2 is left running')
  })
})
