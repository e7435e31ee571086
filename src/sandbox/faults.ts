/** Faults on demand: which request or machine is hit, how often, and by what. */
import type { ImageTrouble } from './image/content.js'

export const capacityCodes = [
  'AllocationFailed',
  'ZonalAllocationFailed',
  'OverconstrainedAllocationRequest',
  'SkuNotAvailable',
] as const
export type CapacityCode = (typeof capacityCodes)[number]

/**
 * `refused`: nothing listens. `closed`: the connection is closed at once. `silent`: nothing is said. `banner`: it is
 * another service. `kex`: the keys cannot be exchanged.
 */
export const sshTroubles = ['refused', 'closed', 'silent', 'banner', 'kex'] as const
export type SshTrouble = (typeof sshTroubles)[number]

export type FaultEffect =
  | {
      readonly kind: 'status'
      readonly status: number
      readonly code: string
      readonly message: string
      readonly retryAfter?: number
    }
  /** The connection breaks, `before` the request takes effect or `after` it did; `during`: in the middle of the answer. */
  | { readonly kind: 'drop'; readonly when: 'before' | 'during' | 'after' }
  /** A read of a blob answers with the first half of what was asked for, as if that were all. */
  | { readonly kind: 'shortRead' }
  | { readonly kind: 'delay'; readonly ms: number }
  /** The operation is accepted and fails in the end. */
  | { readonly kind: 'failOperation'; readonly code: string; readonly message: string }
  /** So many polls of the operation answer 500 though it goes on. */
  | { readonly kind: 'failPolls'; readonly polls: number }
  /** Whatever is in the region, or asks for it, answers 503. */
  | { readonly kind: 'regionDown'; readonly region: string }
  /** The copy to the snapshot in `path` stops, where it is or at `percent`, until the fault is cleared. */
  | { readonly kind: 'stallCopy'; readonly percent?: number }
  /** The copy to the snapshot in `path` ends with copyCompletionError, at `percent` (50 when left out). */
  | { readonly kind: 'failCopy'; readonly errorCode: string; readonly message: string; readonly percent?: number }
  /** Other sizes of the buckets of requests whose name `bucket` (a regular expression) matches. */
  | { readonly kind: 'throttle'; readonly bucket: string; readonly capacity: number; readonly perMinute: number }
  /** The machine in `path` never gets to PowerState/running; its start fails in the end. */
  | { readonly kind: 'noBoot' }
  /** The guest agent of the machine in `path` never reports. */
  | { readonly kind: 'noAgent' }
  /** The machine in `path` runs, and its guest does not come up: no agent, no SSH; its console ends with `message`. */
  | { readonly kind: 'noGuest'; readonly message?: string }
  /** The machine in `path` does not answer SSH as it should: `refused` when `how` is left out. */
  | { readonly kind: 'noSsh'; readonly how?: SshTrouble }
  /** There is no room for a machine of this size, region and zone; each matches everything when left out. */
  | {
      readonly kind: 'capacity'
      readonly code: CapacityCode
      readonly region?: string
      readonly size?: string
      readonly zone?: string
      /** The list of SKUs tells so too. */
      readonly restricted?: boolean
    }
  /** Another limit for what `usages` calls `name`, like `cores` or `standardDSv5Family`. */
  | { readonly kind: 'quota'; readonly region: string; readonly name: string; readonly limit: number }
  /** The account may do no more than this. */
  | { readonly kind: 'role'; readonly actions: readonly string[]; readonly notActions?: readonly string[] }
  /** What the snapshot or disk in `path` holds is not what was copied. */
  | { readonly kind: 'content'; readonly trouble: ImageTrouble }

export type FaultKind = FaultEffect['kind']

export interface FaultMatch {
  /** Regular expressions without case; left out, everything matches. */
  readonly method?: string
  readonly path?: string
  /** How many times it strikes; without end when left out. */
  readonly times?: number
  /** How many matches pass unharmed first. */
  readonly after?: number
  /** Of each match, from 0 to 1. */
  readonly probability?: number
}

export type FaultRequest = FaultEffect & FaultMatch
export type Fault = FaultRequest & { readonly id: string; readonly hits: number }

interface Entry {
  readonly id: string
  readonly fault: FaultRequest
  /** State of the dice. */
  dice: number
  seen: number
  hits: number
}

export class Faults {
  readonly #entries: Entry[] = []
  readonly #listeners: (() => void)[] = []
  #next = 1

  /** `listener` is called after each change of what is set. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  add(fault: FaultRequest): Fault {
    // Thrown here and not at the first request: an expression that cannot be read.
    const bucket = fault.kind === 'throttle' ? fault.bucket : undefined
    for (const expression of [fault.method, fault.path, bucket])
      if (expression !== undefined) new RegExp(expression, 'i')
    const number = this.#next++
    const entry = { id: `fault-${number}`, fault, dice: number, seen: 0, hits: 0 }
    this.#entries.push(entry)
    this.#tell()
    return { ...fault, id: entry.id, hits: 0 }
  }

  clear(id?: string): void {
    const kept = id === undefined ? [] : this.#entries.filter((entry) => entry.id !== id)
    this.#entries.splice(0, this.#entries.length, ...kept)
    this.#tell()
  }

  has(id: string): boolean {
    return this.#entries.some((entry) => entry.id === id)
  }

  list(): Fault[] {
    return this.#entries.map(({ id, fault, hits }) => ({ ...fault, id, hits }))
  }

  /** All faults of these kinds that strike now; each is counted. */
  strike<K extends FaultKind>(
    kinds: readonly K[],
    { method, path }: { method?: string; path: string },
  ): (Fault & { kind: K })[] {
    const wanted: readonly string[] = kinds
    const struck: Fault[] = []
    for (const entry of this.#entries) {
      const { fault } = entry
      if (!wanted.includes(fault.kind) || !matches(fault, method, path)) continue
      if (fault.times !== undefined && entry.hits >= fault.times) continue
      if (entry.seen++ < (fault.after ?? 0)) continue
      if (fault.probability !== undefined && roll(entry) >= fault.probability) continue
      entry.hits++
      struck.push({ ...fault, id: entry.id, hits: entry.hits })
    }
    return struck as (Fault & { kind: K })[]
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }

  /** Size of the bucket of this name that is set on demand. */
  throttled(bucket: string): { readonly capacity: number; readonly perMinute: number } | undefined {
    return this.ofKind('throttle').find((fault) => new RegExp(`^(?:${fault.bucket})$`, 'i').test(bucket))
  }

  /** All of a kind that are set; none is counted. */
  ofKind<K extends FaultKind>(kind: K): (FaultRequest & { kind: K })[] {
    return this.#entries.map(({ fault }) => fault).filter((fault) => fault.kind === kind) as (FaultRequest & {
      kind: K
    })[]
  }

  isDown(region: string): boolean {
    return this.ofKind('regionDown').some((fault) => fault.region === region.toLowerCase())
  }

  /** The same for a request, which is counted. */
  strikesRegion(region: string): boolean {
    const down = this.#entries.find(({ fault }) => fault.kind === 'regionDown' && fault.region === region.toLowerCase())
    if (down) down.hits++
    return down !== undefined
  }
}

/** From 0 to 1; the same row of numbers in each run, so that a rehearsal can be repeated (a Weyl step, mixed). */
function roll(entry: Entry): number {
  entry.dice = (entry.dice + 0x9e3779b9) >>> 0
  const mixed = Math.imul(entry.dice ^ (entry.dice >>> 16), 0x85ebca6b)
  return (Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 0) / 2 ** 32
}

function matches(fault: FaultMatch, method: string | undefined, path: string): boolean {
  if (fault.method !== undefined && method !== undefined && !new RegExp(`^(?:${fault.method})$`, 'i').test(method))
    return false
  return fault.path === undefined || new RegExp(fault.path, 'i').test(path)
}
