import type { Clock } from '../clock.js'
import { type CopyWant, diskKeyOf, isArriving } from '../domain/replication.js'
import type { Snapshot } from '../domain/snapshot.js'
import type { Snapshots } from '../ports/azure.js'
import type { Run } from '../run.js'

/** Azure: copies under way per subscription and region. Whether of the source's or the target's is not said: so both. */
const mostAtOnce = 100
/** Another computer may have begun one since. */
const oldAfterMs = 30_000

/** What Azure is copying just now, whoever began it: one list of the subscription, shared by all queues of a command. */
export class CopyTraffic {
  readonly #snapshots: Snapshots
  readonly #clock: Clock
  #all: readonly Snapshot[]
  #listedAt: number
  #listing: Promise<void> | undefined
  /** Seen by this command since the list. */
  readonly #ended = new Set<string>()
  readonly #begun = new Map<string, Snapshot>()

  constructor(snapshots: Snapshots, clock: Clock, all: readonly Snapshot[]) {
    this.#snapshots = snapshots
    this.#clock = clock
    this.#all = all
    this.#listedAt = clock.elapsed()
  }

  begun(copy: Snapshot): void {
    this.#ended.delete(copy.id.toLowerCase())
    this.#begun.set(copy.id.toLowerCase(), copy)
  }

  ended(copy: Pick<Snapshot, 'id'>): void {
    this.#begun.delete(copy.id.toLowerCase())
    this.#ended.add(copy.id.toLowerCase())
  }

  /** Azure says something else than the list. */
  outdated(): void {
    this.#listedAt = Number.NEGATIVE_INFINITY
  }

  /** Why this copy cannot be begun now; undefined when the way is free. */
  async whyWait(want: CopyWant, run: Run): Promise<string | undefined> {
    const isNew = await this.#refresh(run)
    const sources = new Map(this.#all.map((one) => [one.id.toLowerCase(), one]))
    const sourceOf = (copy: Snapshot) => sources.get(copy.sourceId?.toLowerCase() ?? '')
    const underWay = this.#underWay()

    const before = underWay.find((copy) => {
      const source = sourceOf(copy)
      return source !== undefined && diskKeyOf(source) === want.diskKey && !isTarget(copy, want)
    })
    if (before && (isNew || (await this.#isStillUnderWay(before, run))))
      return `Azure copies one snapshot of a disk at a time, and ${before.name} is under way`

    for (const region of [want.source.region, want.targetRegion]) {
      const there = underWay.filter((copy) => copy.region === region || sourceOf(copy)?.region === region)
      if (there.length >= mostAtOnce) return `Azure already makes ${mostAtOnce} copies in ${region}, its limit`
    }
    return undefined
  }

  /** Whoever waits for one copy need not wait for the next list. */
  async #isStillUnderWay(copy: Snapshot, run: Run): Promise<boolean> {
    const now = await this.#snapshots.find(copy, run.signal)
    if (now && isArriving(now)) return true
    this.ended(copy)
    return false
  }

  #underWay(): readonly Snapshot[] {
    const listed = this.#all.filter(isArriving).map((one) => [one.id.toLowerCase(), one] as const)
    const all = new Map([...listed, ...this.#begun])
    for (const id of this.#ended) all.delete(id)
    return [...all.values()]
  }

  /** Whether it listed anew. One request at a time, whoever asks. */
  async #refresh(run: Run): Promise<boolean> {
    if (this.#clock.elapsed() - this.#listedAt < oldAfterMs) return false
    this.#listing ??= this.#list(run).finally(() => {
      this.#listing = undefined
    })
    await this.#listing
    return true
  }

  async #list(run: Run): Promise<void> {
    const at = this.#clock.elapsed()
    this.#all = await this.#snapshots.inSubscription(run.signal)
    this.#listedAt = at
  }
}

function isTarget({ name, resourceGroup }: Snapshot, { target }: CopyWant): boolean {
  return (
    name.toLowerCase() === target.name.toLowerCase() &&
    resourceGroup.toLowerCase() === target.resourceGroup.toLowerCase()
  )
}
