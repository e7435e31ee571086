import { describe, expect, it } from '@jest/globals'
import { age, minute, span } from '../../src/terminal/time.js'

describe('time in words', () => {
  it.each([
    [0, '0 s'],
    [45.4, '45 s'],
    [252, '4 min 12 s'],
    [900, '15 min'],
    [3600, '1 h'],
    [11_100, '3 h 5 min'],
    [90_000, '1 d 1 h'],
    [12 * 86_400 + 5, '12 d'],
    [-5, '0 s'],
  ])('says %p seconds as %p', (seconds, text) => {
    expect(span(seconds)).toBe(text)
  })

  it('gives an age in its largest unit, and a moment in UTC', () => {
    const at = new Date('2026-11-23T01:02:03Z')
    expect(age(at, new Date('2026-11-23T04:30:00Z'))).toBe('3 h')
    expect(age(at, new Date('2026-11-22T04:30:00Z'))).toBe('0 s')
    expect(minute(at)).toBe('2026-11-23 01:02')
  })
})
