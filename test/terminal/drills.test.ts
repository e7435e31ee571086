import { describe, expect, it } from '@jest/globals'
import type { Drill } from '../../src/core/domain/drill.js'
import { AzlinError } from '../../src/core/errors.js'
import { itemCases } from '../../src/terminal/drill-cases.js'
import { drillItemJson, drillJson, drillsCsv } from '../../src/terminal/drill-json.js'
import { drillLines, drillTable, itemLines, planDrillLines, rateLine } from '../../src/terminal/drills.js'

const vm = { name: 'web-1', resourceGroup: 'my.rg' }
const at = (seconds: number) => new Date(Date.UTC(2026, 10, 23, 1, 2, 3) + seconds * 1000)

const passed: Drill = {
  id: 7,
  vm,
  backup: 'web-1-backup-daily-20261122-010203',
  testRegion: 'westus2',
  startedAt: at(0),
  completedAt: at(700),
  outcome: 'succeeded',
  restoreSucceeded: true,
  bootSucceeded: true,
  connectivitySucceeded: true,
  cleanupSucceeded: true,
  rtoSeconds: 312.4,
  errorMessage: undefined,
  errorCode: undefined,
  method: 'run-command',
  resourceGroup: 'azlin-dr-web-1',
  testVm: 'web-1-dr-abc',
  size: 'Standard_D2s_v5',
  plan: undefined,
  phases: [
    { phase: 'disks', beganSeconds: 2, seconds: 14.26, outcome: 'succeeded', note: undefined },
    { phase: 'connectivity', beganSeconds: 290, seconds: 22, outcome: 'succeeded', note: 'SSH-2.0-OpenSSH_9.6' },
  ],
  notes: ['Quarantine in westus2.'],
  bootLog: [],
  left: [],
}
const failed: Drill = {
  ...passed,
  id: 8,
  outcome: 'failed',
  bootSucceeded: false,
  connectivitySucceeded: undefined,
  cleanupSucceeded: false,
  rtoSeconds: undefined,
  errorMessage: 'It did not boot.\u001b[2J',
  errorCode: 'TIMED_OUT',
  phases: [{ phase: 'boot', beganSeconds: 20, seconds: 600, outcome: 'failed', note: 'no agent' }],
  bootLog: ['[ 0.3] Kernel panic'],
  left: ['/subscriptions/s/resourceGroups/azlin-dr-web-1'],
}
const unproven: Drill = {
  ...passed,
  outcome: 'failed',
  bootSucceeded: undefined,
  connectivitySucceeded: undefined,
  rtoSeconds: undefined,
  errorMessage: new AzlinError('BOOT_UNPROVEN', { vm: 'web-1-dr-abc' }).message,
  errorCode: 'BOOT_UNPROVEN',
  method: undefined,
  phases: [{ phase: 'boot', beganSeconds: 20, seconds: 180, outcome: 'unproven', note: 'no agent' }],
}
const refused = { vm, drill: undefined, error: new AzlinError('NO_BACKUPS', { vm: 'web-1', resourceGroup: 'my.rg' }) }

describe('a drill in words', () => {
  it('has its phases with their seconds, the way SSH was checked, and the RTO beside its target', () => {
    const text = drillLines(passed, {})
    expect(text).toContain(
      'web-1: the drill succeeded (web-1-backup-daily-20261122-010203, in westus2, Standard_D2s_v5).',
    )
    expect(text).toMatch(/^disks +\+2\.0 +14\.3 +ok$/m)
    expect(text).toMatch(/^SSH +\+290\.0 +22\.0 +ok +SSH-2\.0-OpenSSH_9\.6$/m)
    expect(text).toContain('SSH was checked inside the guest, through Run Command.')
    expect(text).toContain('RTO: 5 min 12 s, within the target of 15 min.')
    expect(drillLines({ ...passed, rtoSeconds: 901 }, {})).toContain('BEYOND the target')
  })

  it('keeps within a narrow window, and leaves out notes for which there is no room', () => {
    const widths = (columns: number) => {
      const [, ...lines] = drillLines(passed, { isTTY: true, columns }).split('\n')
      return lines
        .slice(
          0,
          lines.findIndex((line) => line.startsWith('Restore ')),
        )
        .map((line) => line.length)
    }
    for (const columns of [40, 50, 60, 80]) expect(Math.max(...widths(columns))).toBeLessThanOrEqual(columns)
    expect(drillLines(passed, { isTTY: true, columns: 40 })).not.toContain('SSH-2.0')
    expect(drillLines(passed, { isTTY: true, columns: 80 })).toContain('SSH-2.0-OpenSSH_9.6')
  })

  it('never calls good what was not checked', () => {
    const text = drillLines({ ...passed, bootSucceeded: undefined, connectivitySucceeded: undefined }, {})
    expect(text).toContain('Restore ok, boot not checked, connectivity not checked, cleanup ok.')
    expect(text).not.toContain('SSH was checked')
    expect(drillTable([{ ...passed, cleanupSucceeded: undefined }], {})).toMatch(/cleanup +web-1-backup/)
  })

  it('says so where it ran and nothing showed that it came up', () => {
    const text = drillLines(unproven, {})
    expect(text).toMatch(/boot +\+20\.0 +180\.0 +unproven +no agent/)
    expect(text).toContain('Restore ok, boot not checked, connectivity not checked, cleanup ok.')
    expect(text).toContain('web-1-dr-abc runs, but nothing showed that its system came up')
    expect(text).toContain('RTO: none')
    expect(drillJson(unproven)).toMatchObject({ success: false, bootSucceeded: null, rtoSeconds: null })
  })

  it('says why it failed, what the console said and what is still there, and cannot steer a terminal', () => {
    const text = drillLines(failed, {})
    expect(text).toContain('THE DRILL FAILED')
    expect(text).toContain('It did not boot.')
    expect(text).toContain('  [ 0.3] Kernel panic')
    expect(text).toContain('RTO: none')
    expect(text).toContain('  /subscriptions/s/resourceGroups/azlin-dr-web-1\nazlin cleanup removes it.')
    expect(text + drillTable([failed], {}) + itemLines([{ vm, drill: failed, error: undefined }])).not.toContain(
      '\u001b',
    )
  })

  it('of many has a line each, also for those that could not begin', () => {
    const items = [{ vm, drill: passed, error: undefined }, refused]
    expect(itemLines(items).split('\n')).toEqual([
      expect.stringContaining('the drill succeeded'),
      expect.stringContaining('web-1: no drill. web-1 in my.rg has no backup.'),
    ])
    const plan = { name: 'shop', testRegion: 'westus2', startedAt: at(0), completedAt: at(9), items }
    const text = planDrillLines({ ...plan, success: false, rtoSeconds: undefined, errorMessage: undefined })
    expect(text).toContain('shop: THE PLAN FAILED.')
  })

  it('the rate has its count and what it proves, and none is none', () => {
    const rate = { successRate: 100, lowerBound: 77.908, total: 12, succeeded: 12 }
    expect(rateLine(rate, 30)).toBe(
      '12 of 12 drills in the last 30 days succeeded: 100.0 %; with 95 % confidence that proves at least 77.9 %.',
    )
    expect(rateLine({ successRate: null, lowerBound: null, total: 0, succeeded: 0 }, 30, 'web-1')).toContain(
      'No drill of web-1',
    )
  })
})

describe('a drill for a script', () => {
  it('has the keys of the contract, and null where nothing was checked', () => {
    expect(drillJson({ ...passed, bootSucceeded: undefined })).toMatchObject({
      testId: 7,
      vmName: 'web-1',
      backupName: 'web-1-backup-daily-20261122-010203',
      testRegion: 'westus2',
      startedAt: '2026-11-23T01:02:03.000Z',
      completedAt: '2026-11-23T01:13:43.000Z',
      success: true,
      restoreSucceeded: true,
      bootSucceeded: null,
      connectivitySucceeded: true,
      cleanupSucceeded: true,
      rtoSeconds: 312.4,
      errorMessage: null,
    })
    expect(drillJson({ ...failed, outcome: 'interrupted' }).success).toBeNull()
    expect(drillItemJson(refused)).toMatchObject([{ vmName: 'web-1', success: false, error: { code: 'NO_BACKUPS' } }])
  })

  it('stands in a row of CSV', () => {
    const [head = '', row = ''] = drillsCsv([passed]).split('\r\n')
    expect(head).toMatch(/^testId,vmName,resourceGroup,backupName,/)
    expect(row).toMatch(/^7,web-1,my\.rg,web-1-backup-daily-20261122-010203,westus2,2026-11-23T01:02:03\.000Z,/)
    expect(row.split(',')).toHaveLength(head.split(',').length)
  })

  it('is a case of a pipeline: failed, refused or passed', () => {
    const items = [
      { vm, drill: passed, error: undefined },
      { vm, drill: failed, error: undefined },
      { vm, drill: { ...failed, outcome: 'interrupted' as const }, error: undefined },
      refused,
    ]
    const cases = itemCases(items)
    expect(cases.map(({ problem }) => [problem?.kind, problem?.type])).toEqual([
      [undefined, undefined],
      ['failure', 'TIMED_OUT'],
      ['error', 'TIMED_OUT'],
      ['error', 'NO_BACKUPS'],
    ])
    expect(cases[0]).toMatchObject({
      className: 'azlin.dr.my_rg',
      seconds: 700,
      output: [
        'disks: succeeded in 14.3 s',
        'connectivity: succeeded in 22.0 s (SSH-2.0-OpenSSH_9.6)',
        expect.anything(),
      ],
    })
  })
})
