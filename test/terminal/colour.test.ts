import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { colours } from '../../src/terminal/colour.js'

const names = ['NO_COLOR', 'FORCE_COLOR', 'TERM'] as const
let before: readonly (string | undefined)[]
beforeEach(() => {
  before = names.map((name) => process.env[name])
  for (const name of names) delete process.env[name]
})
afterEach(() => {
  for (const [i, name] of names.entries()) {
    const value = before[i]
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
})

describe('colours', () => {
  it.each<[string, Partial<Record<(typeof names)[number], string>>, boolean, boolean]>([
    ['are on at a terminal', {}, true, true],
    ['are off in a pipe', {}, false, false],
    ['are off where NO_COLOR says so', { NO_COLOR: '1' }, true, false],
    ['stay on where NO_COLOR is empty, as its convention has it', { NO_COLOR: '' }, true, true],
    ['are on in a pipe where FORCE_COLOR says so', { FORCE_COLOR: '1' }, false, true],
    ['stay off in a pipe where FORCE_COLOR is 0', { FORCE_COLOR: '0' }, false, false],
    ['are off where both are set', { FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
    ['are off at a terminal that has none', { TERM: 'dumb' }, true, false],
  ])('%s', (_, env, isTTY, on) => {
    Object.assign(process.env, env)
    expect(colours({ isTTY }).red('no')).toBe(on ? '\u001b[31mno\u001b[0m' : 'no')
  })
})
