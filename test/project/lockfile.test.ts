import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'

interface Locked {
  readonly version?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Locked> }

describe('the lockfile', () => {
  it('holds the packages of every platform, or npm ci fails elsewhere (node scripts/complete-lockfile.js adds them)', () => {
    const present = new Set(Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, '')))
    const optional = Object.values(lock.packages).flatMap((parent) => Object.keys(parent.optionalDependencies ?? {}))
    expect(optional.length).toBeGreaterThan(20)
    expect(optional.filter((name) => !present.has(name))).toEqual([])
  })

  it('names no registry, so that every mirror of npm serves', () => {
    const resolved = Object.values(lock.packages).flatMap((locked) => ('resolved' in locked ? [locked] : []))
    expect(resolved).toEqual([])
  })
})
