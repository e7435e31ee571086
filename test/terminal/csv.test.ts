import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { csv } from '../../src/terminal/csv.js'

/** As RFC 4180 says, character by character. */
function parse(text: string): string[][] {
  const rows: string[][] = [[]]
  let cell = ''
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (quoted) {
      if (character !== '"') cell += character
      else if (text[i + 1] === '"') cell += text[++i]
      else quoted = false
    } else if (character === '"') quoted = true
    else if (character === ',') {
      rows.at(-1)?.push(cell)
      cell = ''
    } else if (character === '\r' && text[i + 1] === '\n') {
      rows.at(-1)?.push(cell)
      rows.push([])
      cell = ''
      i++
    } else cell += character
  }
  rows.at(-1)?.push(cell)
  return rows
}

describe('CSV', () => {
  it('leaves plain cells as they are, and a missing value empty', () => {
    expect(
      csv(
        ['a', 'b'],
        [
          ['x', null],
          [1.5, true],
        ],
      ),
    ).toBe('a,b\r\nx,\r\n1.5,true')
  })

  it('is read back as it was, whatever stands in it', () => {
    const cell = fc.oneof(fc.string(), fc.constantFrom('"', ',', '\n', '\r\n', ' ', 'a"b,c'))
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        expect(parse(csv(['a', 'b'], rows))).toEqual([['a', 'b'], ...rows])
      }),
    )
  })
})
