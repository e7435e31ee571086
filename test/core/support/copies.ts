/** What tests of copies to a second region share. */
import type { Snapshot } from '../../../src/core/domain/snapshot.js'
import type { ReplicationWish } from '../../../src/core/managers/replication-plan.js'
import type { CoreOnSandbox } from '../../support/core-on-sandbox.js'
import { usualPolicy } from './bench.js'

export const group = 'demo-rg'
export const web = { name: 'web-1', resourceGroup: group }
export const db = { name: 'db-1', resourceGroup: group }
export const there: ReplicationWish = { region: 'eastus2' }
export const acrossRegions = { ...usualPolicy, crossRegionTo: 'eastus2' }
export const waiting = { wait: true, makeGroup: true }
export const hourMs = 3_600_000
export const dayMs = 24 * hourMs

export async function copiesIn({ azure, run }: CoreOnSandbox): Promise<readonly Snapshot[]> {
  const all = await azure.snapshots.inSubscription(run().signal)
  return all.filter((one) => one.createOption === 'CopyStart')
}

export function noticesOf({ events }: CoreOnSandbox, code: string): readonly string[] {
  return events.flatMap((event) => (event.type === 'notice' && event.code === code ? [event.text] : []))
}
