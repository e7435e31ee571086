import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { drillNames, testMachineNames } from '../../../src/core/domain/drill-names.js'
import { quarantinePrefix, quarantineRules } from '../../../src/core/domain/drill-quarantine.js'

const openings = fc.record({
  runCommand: fc.boolean(),
  sshSource: fc.option(fc.constantFrom('203.0.113.7/32', '198.51.100.0/24'), { nil: undefined }),
  amongThemselves: fc.boolean(),
})

describe('the quarantine', () => {
  it('denies everything both ways after what it allows', () => {
    fc.assert(
      fc.property(openings, (open) => {
        const rules = quarantineRules(open)
        for (const direction of ['Inbound', 'Outbound']) {
          const [last, ...before] = rules
            .filter((rule) => rule.direction === direction)
            .toSorted((a, b) => b.priority - a.priority)
          expect(last).toMatchObject({ access: 'Deny', protocol: '*', source: '*', destination: '*', port: '*' })
          expect(before.every(({ access }) => access === 'Allow')).toBe(true)
        }
      }),
    )
  })

  it('lets in only the source that was named, to port 22, and out only Run Command to Azure', () => {
    fc.assert(
      fc.property(openings, (open) => {
        const allowed = quarantineRules(open).filter(({ access }) => access === 'Allow')
        const outside = allowed.filter(
          ({ source, destination }) => source !== quarantinePrefix || destination !== quarantinePrefix,
        )
        const into = outside.filter(({ direction }) => direction === 'Inbound')
        const out = outside.filter(({ direction }) => direction === 'Outbound')
        expect(into.map(({ source, port }) => [source, port])).toEqual(open.sshSource ? [[open.sshSource, '22']] : [])
        expect(out.map(({ destination, port }) => [destination, port])).toEqual(
          open.runCommand ? [['AzureCloud', '443']] : [],
        )
        expect(allowed.length - outside.length).toBe(open.amongThemselves ? 2 : 0)
      }),
    )
  })

  it('has rules of different names and priorities', () => {
    fc.assert(
      fc.property(openings, (open) => {
        const rules = quarantineRules(open)
        expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length)
        const places = rules.map(({ direction, priority }) => `${direction} ${priority}`)
        expect(new Set(places).size).toBe(rules.length)
        expect(rules.every(({ priority }) => priority >= 100 && priority <= 4096)).toBe(true)
      }),
    )
  })
})

describe('names of what a drill makes', () => {
  const vmNames = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}[A-Za-z0-9_]$/)
  const at = new Date('2026-11-23T01:02:03Z')

  it('are within Azure limits however long the name of the VM is', () => {
    fc.assert(
      fc.property(vmNames, fc.integer({ min: 1, max: 9 }), (vm, attempt) => {
        const names = drillNames(vm, at, 'a1b2c3d4')
        const machine = testMachineNames(vm, at, 'a1b2c3d4', attempt)
        expect(names.group).toMatch(/^[A-Za-z0-9_.-]{1,90}$/)
        for (const name of [names.nsg, names.vnet, machine.nic, machine.pip, machine.disk(null), machine.disk(63)])
          expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,78}[A-Za-z0-9_]$/)
        expect(machine.vm).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}[A-Za-z0-9_]$/)
      }),
    )
  })

  it('differ between two drills of one VM in the same second, and between attempts', () => {
    const [one, other] = [drillNames('web-1', at, 'aaaaaaaa'), drillNames('web-1', at, 'bbbbbbbb')]
    expect(Object.values(one).filter((name) => Object.values(other).includes(name))).toEqual([])
    const attempts = [1, 2, 3].map((attempt) => testMachineNames('web-1', at, 'aaaaaaaa', attempt))
    for (const key of ['vm', 'nic', 'pip'] as const) expect(new Set(attempts.map((names) => names[key])).size).toBe(3)
    expect(new Set(attempts.map((names) => names.disk(0))).size).toBe(3)
  })
})
