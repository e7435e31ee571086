/** Snapshots and disks that tests make in a sandbox, through the SDK. */
import type { Snapshot } from '@azure/arm-compute'
import { quick, type Running } from './running.js'

export const group = 'demo-rg'
export const minute = 60_000

export class DiskMaker {
  readonly #running: Running

  constructor(running: Running) {
    this.#running = running
  }

  diskId(name: string): string {
    return this.#running.id(`Microsoft.Compute/disks/${name}`)
  }

  snapshotId(name: string): string {
    return this.#running.id(`Microsoft.Compute/snapshots/${name}`)
  }

  snapshot(name: string, more: { from?: string; location?: string; option?: string; incremental?: boolean } = {}) {
    const { from = this.diskId('web-1_OsDisk_1'), location = 'westus2', option = 'Copy', incremental = true } = more
    const body: Snapshot = { location, incremental, creationData: { createOption: option, sourceResourceId: from } }
    return this.#running.compute.snapshots.createOrUpdate(group, name, body, quick)
  }

  disk(
    name: string,
    source: string,
    more: { location?: string; diskSizeGB?: number; zones?: string[]; sku?: string } = {},
  ) {
    const { location = 'westus2', sku = 'Premium_LRS', ...rest } = more
    const creationData = { createOption: 'Copy', sourceResourceId: source }
    const body = { location, creationData, sku: { name: sku }, ...rest }
    return this.#running.compute.disks.createOrUpdate(group, name, body, quick)
  }
}
