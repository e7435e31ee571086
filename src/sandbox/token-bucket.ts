/** So many requests at once, and so many a minute: full at first, and filled again as time goes by. */
export interface BucketSize {
  readonly capacity: number
  readonly perMinute: number
}

export class TokenBucket {
  readonly size: BucketSize
  #left: number
  #at: number

  /** Times are in milliseconds of Azure. */
  constructor(size: BucketSize, now: number) {
    this.size = size
    this.#left = size.capacity
    this.#at = now
  }

  /** Whole requests that are left. */
  left(now: number): number {
    const { capacity, perMinute } = this.size
    this.#left = Math.min(capacity, this.#left + (Math.max(0, now - this.#at) / 60_000) * perMinute)
    this.#at = now
    return Math.floor(this.#left)
  }

  take(now: number): void {
    this.left(now)
    this.#left = Math.max(0, this.#left - 1)
  }

  /** Seconds of Azure until there is one again; at least 1. */
  secondsToNext(now: number): number {
    if (this.left(now) >= 1) return 0
    return Math.max(1, Math.ceil(((1 - this.#left) * 60) / this.size.perMinute))
  }
}
