import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import stringWidth from 'string-width'
import { cut, table } from '../../src/terminal/table.js'

const cells = fc.array(fc.tuple(fc.string({ maxLength: 40 }), fc.string({ maxLength: 60, unit: 'grapheme' })), {
  maxLength: 8,
})
const oneLine = (text: string) => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')

describe('table', () => {
  it('loses nothing in a pipe, however narrow the reader says it is', () => {
    fc.assert(
      fc.property(cells, (rows) => {
        const clean = rows.map((row) => row.map(oneLine))
        const text = table(['A', 'B'], clean, { isTTY: false, columns: 10 })
        for (const row of clean) for (const cell of row) expect(text).toContain(cell.trimEnd())
      }),
    )
  })

  it('never prints a line wider than the terminal, down to where columns mean nothing', () => {
    fc.assert(
      fc.property(cells, fc.integer({ min: 18, max: 120 }), (rows, columns) => {
        const text = table(
          ['A', 'B'],
          rows.map((row) => row.map(oneLine)),
          { isTTY: true, columns },
        )
        for (const line of text.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(columns)
      }),
    )
  })

  it('puts every cell of a column at the same place', () => {
    const text = table(
      ['NAME', 'TIER'],
      [
        ['a', 'daily'],
        ['longer', 'weekly'],
      ],
      {},
    )
    expect(text.split('\n')).toEqual(['NAME    TIER', 'a       daily', 'longer  weekly'])
  })

  it('keeps a row on one line whatever a cell holds', () => {
    expect(table(['N', 'X'], [['a\nb\u001b[31m', '1']], {}).split('\n')).toHaveLength(2)
    expect(table(['N', 'X'], [['a\nb\u001b[31m', '1']], {})).not.toContain('\u001b')
  })

  it('never cuts within what a reader takes for one character', () => {
    const family = '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}'
    expect(cut(`${family}${family}${family}`, 5)).toBe(`${family}${family}…`)
    expect(cut('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…')
  })

  it('counts wide characters as two', () => {
    expect(table(['N', 'X'], [['日本', '1']], {}).split('\n')[1]).toBe('日本  1')
    expect(cut('日本語', 4)).toBe('日…')
  })
})
