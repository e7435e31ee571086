import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { reportOn, type VmFacts } from '../../src/core/domain/verification-report.js'
import { AzlinError } from '../../src/core/errors.js'
import { bytesOf } from '../../src/terminal/sizes.js'
import { reportCsv, reportLines, verifyAllLines } from '../../src/terminal/verifications.js'
import { sayingOf } from '../../src/terminal/wording.js'
import { backup } from '../core/support/builders.js'

const now = new Date('2026-11-23T12:00:00Z')
const vm = { name: 'web-1', resourceGroup: 'rg' }
const failed = {
  backup: 'b-1',
  vm,
  region: 'westus2',
  verifiedAt: new Date('2026-11-23T10:00:00Z'),
  success: false,
  diskReadable: false,
  sizeMatches: true,
  testDiskCreated: true,
  testDiskDeleted: true,
  errorMessage: 'Broken, and "how".',
  seconds: 3,
}
const facts: VmFacts = {
  vm,
  backups: [],
  copies: [],
  incomplete: [],
  schedule: undefined,
  verified: [failed],
  interrupted: [now],
}

describe('the end of a verification, as it is told meanwhile', () => {
  it.each([
    [true, false, undefined, 'Verified b-1'],
    [true, true, undefined, 'Accepted unread: b-1'],
    [false, true, 'No link.', 'Not verified: b-1. No link.'],
  ])('is, with success %j and unread %j, %j', (success, unread, reason, text) => {
    const saying = sayingOf({ type: 'verify.finished', backup: 'b-1', success, unread, reason })
    expect(saying).toMatchObject({ text })
  })
})

describe('verifications of several backups', () => {
  it('tell the way out once', () => {
    const error = new AzlinError('READ_REFUSED', { what: 'opening disk d', reason: 'DenyAll' })
    const items = ['b-1', 'b-2'].map((name) => ({ backup: backup('daily', now, { name }), result: undefined, error }))
    expect(verifyAllLines('web-1', items).split('\n')).toEqual([
      `b-1: NOT verified. ${error.message}`,
      `b-2: NOT verified. ${error.message}`,
      '0 of 2 backups of web-1 are verified.',
      error.hint,
    ])
  })
})

describe('the report in words', () => {
  it('names failures with their reasons, and what was not counted', () => {
    const text = reportLines(reportOn([facts], 7, now), now, {})
    expect(text).toMatch(/^Verifications of the last 7 days: 1\n {2}success rate {3}0 %\n {2}last success {3}never/)
    expect(text).toMatch(/interrupted {4}1, not counted/)
    expect(text).toMatch(/Failures:\n {2}2026-11-23 10:00 {2}b-1: Broken, and "how"\./)
  })

  it('says nothing of a rate where there is none', () => {
    expect(reportLines(reportOn([], 7, now), now, {})).toMatch(/success rate {3}-/)
  })

  it('is a line for each VM in a spreadsheet', () => {
    const [, line] = reportCsv(reportOn([facts], 7, now)).split('\r\n')
    expect(line).toBe('web-1,rg,7,1,1,0,,1,,"b-1: Broken, and ""how"".",0')
  })
})

describe('the bar of a deep verification', () => {
  it('has twenty places, as full as the share that was read', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 100, noNaN: true }), (percent) => {
        const { text } = sayingOf({ type: 'verify.progress', disk: 'd', percent, secondsLeft: undefined })
        const bar = /^\[(#*)(-*)\] (\d+) % read {2}d$/.exec(text)
        expect((bar?.[1]?.length ?? 0) + (bar?.[2]?.length ?? 0)).toBe(20)
        expect(Math.abs((bar?.[1]?.length ?? 0) - percent / 5)).toBeLessThanOrEqual(0.5)
      }),
    )
  })
})

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [2_255_360, '2.2 MiB'],
    [150 * 1024 ** 2, '150 MiB'],
    [3.5 * 1024 ** 4, '3.5 TiB'],
  ])('%d bytes are %s', (bytes, text) => expect(bytesOf(bytes)).toBe(text))
})
