/** Two subscriptions may have VMs of one name in groups of one name, and one computer sees to both. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { type OpenRecords, openRecords } from '../../src/db/open.js'

const at = new Date('2026-11-23T01:02:03.000Z')
const vm = { name: 'web-1', resourceGroup: 'rg' }
const backup = 'web-1-backup-daily-20261123-010203'
const job = {
  vm,
  backup,
  diskKey: 'd',
  source: { name: backup, resourceGroup: 'rg' },
  sourceRegion: 'westus2',
  target: { name: `${backup}-eastus2`, resourceGroup: 'rg' },
  targetRegion: 'eastus2',
}
let home: string
const opened: OpenRecords[] = []

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'azlin-db-'))
})
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
  rmSync(home, { recursive: true, force: true })
})

async function of(subscription: string): Promise<OpenRecords> {
  const records = await openRecords(home, { subscription })
  opened.push(records)
  return records
}

async function told({ drills, verifications, replications }: OpenRecords): Promise<readonly number[][]> {
  const lists = [drills.list(vm2), verifications.list(vm2), replications.list(vm2)]
  return (await Promise.all(lists)).map((list) => list.map(({ id }) => id))
}
const vm2 = { vm: vm.name, resourceGroup: vm.resourceGroup }

async function writeInto({ drills, verifications, replications }: OpenRecords): Promise<readonly number[][]> {
  const drill = await drills.begin({ vm, backup, testRegion: 'eastus2', plan: undefined }, at)
  const verification = await verifications.begin({ vm, backup, region: 'westus2', depth: 'usual' }, at)
  return [[drill], [verification], [(await replications.open(job, at)).id]]
}

it('each is told of its own copies, verifications and drills', async () => {
  const [one, other] = [await of('AAAA'), await of('bbbb')]
  const [first, second] = [await writeInto(one), await writeInto(other)]
  expect(await told(one)).toEqual(first)
  expect(await told(other)).toEqual(second)
  expect(await told(await of('aaaa'))).toEqual(first)
  expect((await told(await of(''))).map((ids) => ids.length)).toEqual([2, 2, 2])
})

it('each is told of what does not say of which it is, and a copy of it goes on as one', async () => {
  const before = await of('')
  const written = await writeInto(before)
  const one = await of('aaaa')
  expect(await told(one)).toEqual(written)
  expect(await told(await of('bbbb'))).toEqual(written)
  expect((await one.replications.open(job, at)).id).toBe(written[2]?.[0])
  expect((await told(await of('bbbb')))[2]).toEqual([])
})
