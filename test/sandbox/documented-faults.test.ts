import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { drillNames, testMachineNames } from '../../src/core/domain/drill-names.js'
import { backupName, replicaName, verifyDiskName } from '../../src/core/domain/naming.js'

const at = new Date('2026-11-23T01:02:03Z')
const idIn = (group: string, kind: string, name: string) =>
  `/subscriptions/s/resourceGroups/${group}/providers/Microsoft.Compute/${kind}/${name}`
const snapshots = ['web-1', 'db-1'].map((vm) => backupName(vm, 'daily', at))
const copies = snapshots.map((name) => replicaName(name, 'eastus2', null))
const disks = snapshots.map((name) => verifyDiskName(name, at, 'abc'))
const ids = [
  ...[...snapshots, ...copies].map((name) => idIn('demo-rg', 'snapshots', name)),
  ...disks.map((name) => idIn('demo-rg', 'disks', name)),
  ...disks.map((name) => `/blob${idIn('demo-rg', 'disks', name)}`),
  ...disks.map((name) => `${idIn('demo-rg', 'disks', name)}/beginGetAccess`),
  idIn('demo-rg', 'virtualMachines', 'db-1/start'),
  idIn(drillNames('web-1', at, 'abc').group, 'virtualMachines', testMachineNames('web-1', at, 'abc', 1).vm),
]

/** A fault whose path fits nothing that azlin makes would never strike, and nobody would notice. */
describe('the faults that docs/sandbox.md shows', () => {
  const paths = readFileSync('docs/sandbox.md', 'utf8').matchAll(/"path": ?"(?<path>[^"]+)"/g)
  it.each([...paths].map(({ groups = {} }) => groups['path'] ?? ''))('strike at something: %s', (path) => {
    expect(ids.filter((id) => new RegExp(path, 'i').test(id))).not.toEqual([])
  })
})
