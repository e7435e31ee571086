/** Where a machine may be made, one place after the other, as Azure turns out to have no room. */
import type { Backup } from '../domain/backup.js'
import { needsZone } from '../domain/disk-kinds.js'
import type { AzlinError } from '../errors.js'
import type { DrillAzure } from '../ports/drill-azure.js'
import type { Run } from '../run.js'
import { nextSize } from './drill-room.js'

export interface Place {
  readonly size: string
  /** Undefined: Azure chooses. */
  readonly zone: string | undefined
}

export interface PlaceWish {
  readonly backup: Pick<Backup, 'disks'>
  readonly size: string
  readonly region: string
  readonly allowSizeChange: boolean
}

export function placeName({ size, zone }: Place): string {
  return zone === undefined ? `size ${size}` : `zone ${zone}, size ${size}`
}

export class Places {
  readonly #azure: DrillAzure
  readonly #wish: PlaceWish
  readonly #run: Run
  readonly #tried = new Set<string>()
  #zones: readonly string[] | undefined

  constructor(azure: DrillAzure, wish: PlaceWish, run: Run) {
    this.#azure = azure
    this.#wish = wish
    this.#run = run
  }

  /** Zones of a second region have nothing to do with those of the first: Azure may choose, where it can. */
  first(): Promise<Place> {
    return this.#firstOf(this.#wish.size)
  }

  /** The next zone, then the next size. Undefined where nothing is left to be tried, or another place would not help. */
  async after({ size }: Place, error: AzlinError): Promise<Place | undefined> {
    const isFull = error.code === 'CAPACITY'
    if (!isFull && error.code !== 'QUOTA_EXCEEDED') return undefined
    if (isFull) {
      this.#zones ??= await this.#zonesOf(size)
      const [zone, ...rest] = this.#zones
      this.#zones = rest
      if (zone !== undefined) return { size, zone }
    }
    const { allowSizeChange, region } = this.#wish
    if (!allowSizeChange) return undefined
    const other = await nextSize(this.#azure, this.#wish.size, region, this.#tried, this.#run)
    return other === undefined ? undefined : this.#firstOf(other)
  }

  async #firstOf(size: string): Promise<Place> {
    this.#tried.add(size)
    this.#zones = undefined
    if (!needsZone(this.#wish.backup)) return { size, zone: undefined }
    const [zone, ...rest] = await this.#zonesOf(size)
    this.#zones = rest
    return { size, zone }
  }

  #zonesOf(size: string): Promise<readonly string[]> {
    return this.#azure.capacity.zonesOf(size, this.#wish.region, this.#run.signal)
  }
}
