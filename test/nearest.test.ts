import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { distance, nearest } from '../src/nearest.js'

/** The textbook recursion, slow and plain. */
function plainDistance(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length
  const swapped = a.length > 1 && b.length > 1 && a.at(-1) === b.at(-2) && a.at(-2) === b.at(-1)
  return Math.min(
    plainDistance(a.slice(0, -1), b) + 1,
    plainDistance(a, b.slice(0, -1)) + 1,
    plainDistance(a.slice(0, -1), b.slice(0, -1)) + (a.at(-1) === b.at(-1) ? 0 : 1),
    swapped ? plainDistance(a.slice(0, -2), b.slice(0, -2)) + 1 : Number.POSITIVE_INFINITY,
  )
}

describe('the distance between two words', () => {
  it('is what the textbook recursion says', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 })
    fc.assert(fc.property(word, word, (a, b) => distance(a, b) === plainDistance(a, b)))
  })
})

describe('the nearest word', () => {
  const known = ['list', 'trigger', 'restore', 'run']

  it('is found through a swap, a slip and a missing letter', () => {
    expect(nearest('lits', known)).toBe('list')
    expect(nearest('TRIGER', known)).toBe('trigger')
    expect(nearest('restote', known)).toBe('restore')
  })

  it('is not guessed when nothing is near', () => {
    expect(nearest('frobnicate', known)).toBeUndefined()
    expect(nearest('', known)).toBeUndefined()
    expect(nearest('run', [])).toBeUndefined()
  })
})
