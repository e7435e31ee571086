import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  contains,
  firstFree,
  formatAddress,
  overlap,
  parseAddress,
  parseCidr,
} from '../../src/sandbox/network/addresses.js'
import { subnetsFault } from '../../src/sandbox/network/subnets.js'

const address = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const range = fc.tuple(address, fc.integer({ min: 16, max: 30 })).map(([value, bits]) => {
  const size = 2 ** (32 - bits)
  return { first: value - (value % size), size, text: `${formatAddress(value - (value % size))}/${bits}` }
})

describe('address ranges', () => {
  it('come back from their text as they were', () => {
    fc.assert(
      fc.property(range, ({ first, size, text }) => {
        expect(parseCidr(text)).toEqual({ first, size })
      }),
    )
    fc.assert(fc.property(address, (value) => expect(parseAddress(formatAddress(value))).toBe(value)))
  })

  it('are refused when they are not written as Azure wants them', () => {
    for (const text of [
      '10.0.0.0',
      '10.0.0.0/33',
      '10.0.0.1/24',
      '10.0.0/24',
      '256.0.0.0/8',
      '10.0.0.0/8/8',
      'x/8',
      '',
    ]) {
      expect(parseCidr(text)).toBeUndefined()
    }
  })

  it('overlap or contain each other as their lists of addresses do', () => {
    const small = fc.tuple(fc.nat(63), fc.constantFrom(1, 2, 4, 8)).map(([first, size]) => ({ first, size }))
    const members = ({ first, size }: { first: number; size: number }) =>
      Array.from({ length: size }, (_, at) => first + at)
    fc.assert(
      fc.property(small, small, (one, other) => {
        const [ours, theirs] = [members(one), members(other)]
        expect(overlap(one, other)).toBe(ours.some((value) => theirs.includes(value)))
        expect(contains(one, other)).toBe(theirs.every((value) => ours.includes(value)))
      }),
    )
  })

  it('give hosts neither the first four addresses nor the last', () => {
    const subnet = { first: 2 ** 24, size: 8 }
    const taken = new Set<string>()
    const given: string[] = []
    for (let next = firstFree(subnet, taken); next !== undefined; next = firstFree(subnet, taken)) {
      taken.add(next)
      given.push(next)
    }
    expect(given).toEqual(['1.0.0.4', '1.0.0.5', '1.0.0.6'])
  })
})

describe('the subnets of a network', () => {
  const network = { id: '/n', name: 'net', properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16'] } } }
  const subnet = (name: string, addressPrefix: string) => ({ name, properties: { addressPrefix } })

  it('may lie side by side within its ranges', () => {
    expect(subnetsFault(network, [subnet('a', '10.0.0.0/24'), subnet('b', '10.0.1.0/24')])).toBeUndefined()
  })

  it.each([
    ['outside the network', [subnet('a', '10.1.0.0/24')], 'NetcfgSubnetRangeOutsideVnet'],
    ['over one another', [subnet('a', '10.0.0.0/24'), subnet('b', '10.0.0.128/25')], 'NetcfgSubnetRangesOverlap'],
    ['without a proper range', [subnet('a', '10.0.0.7/24')], 'InvalidCIDRNotation'],
  ])('are refused when they lie %s', (_where, subnets, code) => {
    expect(subnetsFault(network, subnets)?.code).toBe(code)
  })
})
