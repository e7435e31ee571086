/** Everything that exists in the sandbox's one subscription, with its clock, kept in `<home>`. */
import { randomBytes, randomUUID } from 'node:crypto'
import { Changes } from './changes.js'
import { Clock } from './clock.js'
import { same } from './network/json.js'
import type { Operation } from './operations.js'
import { groupOf, type Resource } from './resource.js'
import { type News, replayed, type Saved } from './saved.js'
import { Store } from './store.js'

export const subscriptionId = '5a4db0c5-0a2c-4d3b-9e1f-7c61b2d3e4f5'
export const tenantId = 'c0ffee00-7e57-4a11-8c0d-5e7e57ab1e00'

export class World {
  readonly home: string
  readonly clock: Clock
  /** Signs operation URLs, tokens and SAS; survives a restart, as they must. */
  readonly secret: string
  readonly operations = new Map<string, Operation>()
  /** True when nothing was saved before, so that it wants seeding. */
  readonly fresh: boolean
  readonly #resources = new Map<string, Resource>()
  readonly #byType = new Map<string, Set<Resource>>()
  readonly #store: Store
  readonly #resourceChanges = new Changes<Resource>()
  readonly #operationChanges = new Changes<Operation>()
  readonly #listeners: (() => void)[] = []
  #counter: number

  constructor({ home, speed }: { home: string; speed: number }) {
    this.home = home
    this.#store = new Store(home, { whole: () => this.#state(), news: () => this.#news() })
    const saved = this.#store.load()
    const state = saved && replayed(saved.whole, saved.changes)
    this.fresh = state === undefined
    this.clock = new Clock({ offsetMs: state?.offsetMs ?? 0, speed })
    this.secret = state?.secret ?? randomBytes(32).toString('hex')
    this.#counter = state?.counter ?? 0
    for (const resource of state?.resources ?? []) this.put(resource)
    for (const operation of state?.operations ?? []) this.operations.set(operation.id, operation)
  }

  now(): Date {
    return this.clock.now()
  }

  /** The time as ARM writes it: seven decimals. */
  stamp(date = this.now()): string {
    return date.toISOString().replace('Z', '0000+00:00')
  }

  /** Runs `work` when Azure would have needed `seconds`, divided by the speed. Forgotten on restart: see `settle`. */
  after(seconds: number, work: () => void): void {
    this.clock.after(seconds, () => {
      work()
      this.changed()
    })
  }

  advance(ms: number): void {
    this.clock.advance(ms)
    this.changed()
  }

  get(id: string): Resource | undefined {
    return this.#resources.get(id.toLowerCase())
  }

  /** Adds it, or puts it in the place of the one with the same id. */
  put(resource: Resource): Resource {
    this.#forget(resource.id)
    this.#resources.set(resource.id.toLowerCase(), resource)
    const type = resource.type.toLowerCase()
    const alike = this.#byType.get(type) ?? new Set()
    this.#byType.set(type, alike.add(resource))
    this.changed()
    return resource
  }

  remove(id: string): void {
    this.#forget(id)
    this.#resources.delete(id.toLowerCase())
    this.changed()
  }

  all(): Resource[] {
    return [...this.#resources.values()]
  }

  /** Resources of a type, in one group or in all of them, in order of creation. */
  list(type: string, group?: string): Resource[] {
    const alike = [...(this.#byType.get(type.toLowerCase()) ?? [])]
    return group === undefined ? alike : alike.filter((resource) => same(groupOf(resource.id), group))
  }

  uuid(): string {
    return randomUUID()
  }

  /** A number that was never given before in this world. */
  next(): number {
    this.changed()
    return ++this.#counter
  }

  /** Must be called after a change to a resource in place, so that it is saved. */
  changed(): void {
    this.#store.changed()
    for (const listener of this.#listeners) listener()
  }

  /** `listener` is called after each change, often: it should only remember to look. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Writes what changed. To be called before an answer, so that no kill undoes what was told. */
  save(): void {
    this.#store.save()
  }

  close(): void {
    this.clock.clear()
    this.#store.close()
  }

  /** Empties the world; its time, and the trust in it, stay. */
  reset(): void {
    this.clock.clear()
    this.#resources.clear()
    this.#byType.clear()
    this.operations.clear()
    this.changed()
  }

  #forget(id: string): void {
    const old = this.#resources.get(id.toLowerCase())
    if (old) this.#byType.get(old.type.toLowerCase())?.delete(old)
  }

  #state(): Saved {
    this.#news()
    return {
      offsetMs: this.clock.offsetMs,
      secret: this.secret,
      counter: this.#counter,
      resources: this.all(),
      operations: [...this.operations.values()],
    }
  }

  #news(): News {
    const resources = this.#resourceChanges.take(this.#resources)
    const operations = this.#operationChanges.take(this.operations)
    return {
      offsetMs: this.clock.offsetMs,
      counter: this.#counter,
      resources: resources.changed,
      operations: operations.changed,
      gone: resources.gone,
      forgotten: operations.gone,
    }
  }
}
