import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  validCheckTimeout,
  validCommand,
  validHttpCheck,
  validPercent,
  validSize,
  validSource,
  validSshUser,
} from '../../../src/core/domain/drill-input.js'

const refused = (act: () => unknown) => expect(act).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))

describe('a source that may reach a restored machine', () => {
  it('is an address, or a range without the bits beyond its length', () => {
    expect(validSource('203.0.113.7')).toBe('203.0.113.7/32')
    expect(validSource('203.0.113.7/24')).toBe('203.0.113.0/24')
    expect(validSource('10.255.255.255/9')).toBe('10.128.0.0/9')
  })

  it('holds the same addresses as counting bit by bit', () => {
    const part = fc.nat(255)
    fc.assert(
      fc.property(fc.tuple(part, part, part, part), fc.integer({ min: 8, max: 32 }), (parts, length) => {
        const bits = parts.map((one) => one.toString(2).padStart(8, '0')).join('')
        const kept = bits.slice(0, length).padEnd(32, '0')
        const plain = [0, 8, 16, 24].map((from) => Number.parseInt(kept.slice(from, from + 8), 2)).join('.')
        expect(validSource(`${parts.join('.')}/${length}`)).toBe(`${plain}/${length}`)
      }),
    )
  })

  it.each(['', '*', 'Internet', '1.2.3', '256.1.1.1', '1.2.3.4/33', '0.0.0.0/0', '1.0.0.0/7', '::1/128', '1.2.3.4 x'])(
    'is not %j',
    (value) => refused(() => validSource(value)),
  )
})

describe('a check of the user', () => {
  it('over HTTP has a path and a port, 80 if none is named', () => {
    expect(validHttpCheck('/')).toEqual({ path: '/', port: 80 })
    expect(validHttpCheck('/health?full=1:8080')).toEqual({ path: '/health?full=1', port: 8080 })
    expect(validHttpCheck('/a:b')).toEqual({ path: '/a:b', port: 80 })
  })

  it.each(['', 'health', '/x:0', '/x:70000', '/x y', "/x'", '/$(reboot)', '/x;y|z', '/`id`', 'http://h/x'])(
    'over HTTP is not %j',
    (value) => refused(() => validHttpCheck(value)),
  )

  it('by a command is any command that is short and can be printed', () => {
    expect(validCommand('systemctl is-active "nginx"')).toBe('systemctl is-active "nginx"')
    expect(validCommand('test -f a &&\n\ttest -f b')).toContain('\n')
    for (const wrong of ['', '  ', 'a\u0000b', '\u001b[2J', 'x'.repeat(2001)]) refused(() => validCommand(wrong))
  })
})

describe('a rate to reach', () => {
  it('is a percentage', () => {
    expect(['0', '99.9', '100'].map((value) => validPercent(value, '--fail-below'))).toEqual([0, 99.9, 100])
    for (const wrong of ['', '-1', '100.1', '99,9', '99 %', 'NaN', '1e2']) refused(() => validPercent(wrong, 'x'))
  })
})

describe('names that a drill is given', () => {
  it('are those of users and of sizes', () => {
    expect(validSshUser('azure_user')).toBe('azure_user')
    expect(validSize('Standard_D2s_v5')).toBe('Standard_D2s_v5')
    for (const wrong of ['', '-o', 'a b', 'root;x']) refused(() => validSshUser(wrong))
    for (const wrong of ['', '4', 'Standard D2', "x'"]) refused(() => validSize(wrong))
  })
})

describe('the time that a check may fail', () => {
  it('is from a minute to four hours', () => {
    expect(validCheckTimeout('1m')).toBe(60_000)
    expect(validCheckTimeout('4h')).toBe(4 * 3_600_000)
    for (const wrong of ['', '0m', '5', '90s', '241m', '1d', '-5m']) refused(() => validCheckTimeout(wrong))
  })
})
