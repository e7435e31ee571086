/** Faults on demand: which request or machine is hit, how often, and by what. */
import type { ImageTrouble } from './image/content.js'

export type FaultEffect =
  | {
      readonly kind: 'status'
      readonly status: number
      readonly code: string
      readonly message: string
      readonly retryAfter?: number
    }
  /** The connection breaks, `before` the request takes effect or `after` it did. */
  | { readonly kind: 'drop'; readonly when: 'before' | 'after' }
  | { readonly kind: 'delay'; readonly ms: number }
  /** The operation is accepted and fails in the end. */
  | { readonly kind: 'failOperation'; readonly code: string; readonly message: string }
  /** So many polls of the operation answer 500 though it goes on. */
  | { readonly kind: 'failPolls'; readonly polls: number }
  /** Whatever is in the region, or asks for it, answers 503. */
  | { readonly kind: 'regionDown'; readonly region: string }
  /** The machine in `path` never gets to PowerState/running; its start fails in the end. */
  | { readonly kind: 'noBoot' }
  /** The guest agent of the machine in `path` never reports. */
  | { readonly kind: 'noAgent' }
  /** The machine in `path` does not answer SSH. */
  | { readonly kind: 'noSsh' }
  /** What the snapshot in `path` holds is not what was copied. */
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
  #next = 1

  add(fault: FaultRequest): Fault {
    // Thrown here and not at the first request: an expression that cannot be read.
    for (const expression of [fault.method, fault.path]) if (expression !== undefined) new RegExp(expression, 'i')
    const number = this.#next++
    const entry = { id: `fault-${number}`, fault, dice: number, seen: 0, hits: 0 }
    this.#entries.push(entry)
    return { ...fault, id: entry.id, hits: 0 }
  }

  clear(id?: string): void {
    const kept = id === undefined ? [] : this.#entries.filter((entry) => entry.id !== id)
    this.#entries.splice(0, this.#entries.length, ...kept)
  }

  list(): Fault[] {
    return this.#entries.map(({ id, fault, hits }) => ({ ...fault, id, hits }))
  }

  /** All faults of these kinds that strike now; each is counted. */
  strike<K extends FaultKind>(
    kinds: readonly K[],
    { method, path }: { method?: string; path: string },
  ): (FaultRequest & { kind: K })[] {
    const wanted: readonly string[] = kinds
    const struck: FaultRequest[] = []
    for (const entry of this.#entries) {
      const { fault } = entry
      if (!wanted.includes(fault.kind) || !matches(fault, method, path)) continue
      if (fault.times !== undefined && entry.hits >= fault.times) continue
      if (entry.seen++ < (fault.after ?? 0)) continue
      if (fault.probability !== undefined && roll(entry) >= fault.probability) continue
      entry.hits++
      struck.push(fault)
    }
    return struck as (FaultRequest & { kind: K })[]
  }

  isDown(region: string): boolean {
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
