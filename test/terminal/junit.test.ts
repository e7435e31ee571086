import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { junitXml, type TestCase } from '../../src/terminal/junit.js'

const at = new Date('2026-11-23T01:02:03.456Z')
const one: TestCase = {
  className: 'azlin.dr.rg',
  name: 'web-1 comes up in eastus2',
  beganAt: at,
  seconds: 312.25,
  output: ['disks: succeeded', 'boot: succeeded'],
  properties: { backup: 'b' },
}

/** A reader of XML that is strict where it matters here, and knows nothing of the writer. */
function parse(text: string): { tag: string; attributes: Record<string, string>; text: string }[] {
  const found: { tag: string; attributes: Record<string, string>; text: string }[] = []
  const open: (typeof found)[number][] = []
  const plain = (raw: string) => {
    if (/[<>]|&(?!(amp|lt|gt|quot|apos|#\d+);)/.test(raw)) throw new Error(`not escaped: ${raw}`)
    for (const character of raw) {
      const code = character.codePointAt(0) ?? 0
      const allowed = code === 9 || code === 10 || (code >= 32 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd)
      if (!allowed && !(code >= 0x1_0000)) throw new Error(`no character of XML: ${code}`)
    }
    const names: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
    return raw.replace(/&(?:#(\d+)|(\w+));/g, (_, digits, name) =>
      digits ? String.fromCodePoint(Number(digits)) : (names[name] ?? ''),
    )
  }
  const tokens = text
    .replace(/^<\?xml[^>]*\?>\n/, '')
    .matchAll(/<(\/?)(\w[\w-]*)((?:\s+[\w-]+="[^"]*")*)(\/?)>|([^<]+)/g)
  let length = 0
  for (const [all, closing, tag = '', raw = '', alone, words] of tokens) {
    length += all.length
    if (words !== undefined) {
      const top = open.at(-1)
      if (top) top.text += plain(words)
      continue
    }
    if (closing) {
      if (open.pop()?.tag !== tag) throw new Error(`${tag} closes nothing`)
      continue
    }
    const pairs = [...raw.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => {
      if (/[\n\t]/.test(value)) throw new Error('a reader would turn this into a space')
      return [key, plain(value)]
    })
    const element = { tag, attributes: Object.fromEntries(pairs) as Record<string, string>, text: '' }
    found.push(element)
    if (!alone) open.push(element)
  }
  if (open.length > 0 || `<?xml version="1.0" encoding="UTF-8"?>\n`.length + length !== text.length)
    throw new Error('it is not well-formed')
  return found
}

describe('a JUnit report', () => {
  it('counts its cases and tells when and how long', () => {
    const failed = { ...one, problem: { kind: 'failure', message: 'no boot', type: 'failed' } } as const
    const refused = {
      ...one,
      beganAt: undefined,
      seconds: 0,
      problem: { kind: 'error', message: 'no VM', type: 'VM_NOT_FOUND' },
    } as const
    const skipped = {
      ...one,
      beganAt: undefined,
      seconds: 0,
      problem: { kind: 'skipped', message: 'not due', type: '' },
    } as const
    const [suites, suite] = parse(junitXml('drills', at, [one, failed, refused, skipped]))
    const counts = { name: 'drills', tests: '4', failures: '1', errors: '1', skipped: '1', time: '312.250' }
    expect(suites).toMatchObject({ tag: 'testsuites', attributes: counts })
    expect(suite).toMatchObject({ tag: 'testsuite', attributes: { ...counts, timestamp: '2026-11-23T01:02:03' } })
  })

  it('takes as long as a clock on the wall says, however many cases ran side by side', () => {
    const later = (seconds: number, spent: number) => ({
      ...one,
      beganAt: new Date(+at + seconds * 1000),
      seconds: spent,
    })
    const timeOf = (...cases: TestCase[]) => parse(junitXml('drills', at, cases))[0]?.attributes['time']
    expect(timeOf(later(60, 300), later(10, 20), later(90, 100.5))).toBe('350.000')
    expect(timeOf(later(0, 10), later(100, 10))).toBe('110.000')
    expect(timeOf({ ...one, beganAt: undefined, seconds: 0 })).toBe('0.000')
  })

  it('shows a case with its time, its properties and its phases', () => {
    const elements = parse(junitXml('drills', at, [one]))
    expect(elements.slice(2)).toMatchObject([
      { tag: 'testcase', attributes: { classname: 'azlin.dr.rg', name: one.name, time: '312.250' } },
      { tag: 'properties' },
      { tag: 'property', attributes: { name: 'backup', value: 'b' } },
      { tag: 'system-out', text: 'disks: succeeded\nboot: succeeded' },
    ])
  })

  it('of nothing is well-formed too', () => {
    expect(parse(junitXml('drills', at, []))).toHaveLength(2)
  })

  it('gives back every text that XML can hold, whatever it is made of', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 })
    const kept = (value: string) =>
      value.replaceAll('\r\n', '\n').replace(/[^\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    const c1 = /[\u007f-\u0084\u0086-\u009f]/g
    fc.assert(
      fc.property(text, text, text, (name, message, output) => {
        const problem = { kind: 'failure', message, type: 'x' } as const
        const elements = parse(junitXml('s', at, [{ ...one, name, problem, output: [output] }]))
        const read = (tag: string) => elements.find((element) => element.tag === tag)
        const same = (value: string) => kept(value).replace(c1, '\uFFFD')
        expect(read('testcase')?.attributes['name']).toBe(same(name))
        expect(read('failure')?.attributes['message']).toBe(same(message))
        expect(read('failure')?.text).toBe(same(message))
        expect(read('system-out')?.text).toBe(same(output))
      }),
    )
  })
})
