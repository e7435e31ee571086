import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import stringWidth from 'string-width'
import { type Column, fittingTable } from '../../src/terminal/fitting-table.js'

interface Row {
  readonly name: string
  readonly tier: string
  readonly size: string
}

const columns: readonly Column<Row>[] = [
  { heading: 'NAME', cell: ({ name }) => name },
  { heading: 'TIER', cell: ({ tier }) => tier, dispensable: 1 },
  { heading: 'SIZE', cell: ({ size }) => size, dispensable: 2 },
]
const word = fc.stringMatching(/^[a-z0-9-]{1,30}$/)
const rows = fc.array(fc.record({ name: word, tier: word, size: word }), { minLength: 1, maxLength: 6 })

/** A second, slower way to the same answer: tries the sets of columns from all to the name alone. */
function widestThatFits(list: readonly Row[], room: number): string {
  const sets: readonly (readonly (keyof Row)[])[] = [['name', 'tier', 'size'], ['name', 'tier'], ['name']]
  const lines = (keys: readonly (keyof Row)[]) => [
    keys.map((key) => key.toUpperCase()),
    ...list.map((row) => keys.map((key) => row[key])),
  ]
  const widthOf = (keys: readonly (keyof Row)[]) =>
    keys.reduce(
      (sum, _, i) => sum + Math.max(...lines(keys).map((line) => line[i]?.length ?? 0)),
      2 * (keys.length - 1),
    )
  return (sets.find((keys) => widthOf(keys) <= room) ?? ['name']).join(' ').toUpperCase()
}

describe('a table that fits', () => {
  it('leaves out whole columns, the least important first, and cuts no name that has room', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 30, max: 110 }), (list, room) => {
        const lines = fittingTable(columns, list, { isTTY: true, columns: room }).split('\n')
        expect(lines[0]?.split(/ +/).join(' ')).toBe(widestThatFits(list, room))
        for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(room)
        for (const [i, { name }] of list.entries()) expect(lines[i + 1]?.split(' ')[0]).toBe(name)
      }),
    )
  })

  it('has every column in a pipe', () => {
    const [row] = fc.sample(rows, 1)[0] ?? []
    if (!row) throw new Error('no row')
    const text = fittingTable(columns, [row], { isTTY: false, columns: 5 })
    expect(text.split('\n')[0]).toMatch(/^NAME +TIER +SIZE$/)
    expect(text.split('\n')[1]?.split(/ +/)).toEqual([row.name, row.tier, row.size])
  })
})
