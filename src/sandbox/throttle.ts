/** Counts requests against their limits, tells in headers what is left, and answers 429 when nothing is. */
import { ArmError } from './errors.js'
import type { Faults } from './faults.js'
import type { Call } from './routes.js'
import { globalFactor, type Limit, limitsOf } from './throttle-policies.js'
import { type BucketSize, TokenBucket } from './token-bucket.js'
import type { World } from './world.js'

export class Throttle {
  readonly #world: World
  readonly #faults: Faults
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(world: World, faults: Faults) {
    this.#world = world
    this.#faults = faults
  }

  /** Headers for the answer. An ArmError with 429 when there is no room for the request. */
  count(call: Pick<Call, 'method' | 'path'>): Record<string, string> {
    const now = this.#now()
    const targetOf = (operation: string) => this.#world.operations.get(operation)?.targetId
    const limits = limitsOf(call, targetOf).map((limit) => ({ limit, bucket: this.#bucketOf(limit, now) }))
    for (const { limit, bucket } of limits) {
      const seconds = bucket.secondsToNext(now)
      if (seconds > 0) throw this.#refusal(limit, bucket.size, seconds)
    }
    for (const { bucket } of limits) bucket.take(now)
    const resource = limits.filter(({ limit }) => limit.kind === 'compute')
    const left = resource.map(({ limit, bucket }) => `Microsoft.Compute/${limit.name};${bucket.left(now)}`)
    return {
      ...Object.fromEntries(
        limits
          .filter(({ limit }) => limit.kind === 'manager')
          .flatMap(({ limit: { name, size }, bucket }) => [
            [`x-ms-ratelimit-remaining-subscription-${name}`, String(bucket.left(now))],
            [
              `x-ms-ratelimit-remaining-subscription-global-${name}`,
              String(size.capacity * globalFactor - (bucket.size.capacity - bucket.left(now))),
            ],
          ]),
      ),
      ...(left.length > 0 && { 'x-ms-ratelimit-remaining-resource': left.join(','), 'x-ms-request-charge': '1' }),
    }
  }

  /** In the pace of Azure: the sandbox is faster, and so are its clients. */
  #now(): number {
    return this.#world.now().getTime() * this.#world.clock.speed
  }

  #bucketOf({ name, scope, size }: Limit, now: number): TokenBucket {
    const wanted = this.#faults.throttled(name) ?? size
    const key = `${name} ${scope}`
    const known = this.#buckets.get(key)
    if (known && known.size.capacity === wanted.capacity && known.size.perMinute === wanted.perMinute) return known
    const bucket = new TokenBucket(wanted, now)
    this.#buckets.set(key, bucket)
    return bucket
  }

  #refusal({ name, kind }: Limit, { capacity }: BucketSize, seconds: number): ArmError {
    // Never 0, as a poll may be told: who comes at once is refused again.
    const headers = { 'retry-after': String(Math.ceil(this.#world.clock.scaled(seconds) / 1000)) }
    if (kind !== 'compute') {
      const message = `Number of '${name}' requests for subscription exceeded the limit of '${capacity}'. Please try again after '${seconds}' seconds.`
      return new ArmError(429, kind === 'manager' ? 'SubscriptionRequestsThrottled' : 'TooManyRequests', message, {
        headers,
      })
    }
    const now = this.#world.stamp()
    const told = {
      operationGroup: name,
      startTime: now,
      endTime: now,
      allowedRequestCount: capacity,
      measuredRequestCount: capacity + 1,
    }
    return new ArmError(
      429,
      'OperationNotAllowed',
      'The server rejected the request because too many requests have been received for this subscription.',
      {
        headers,
        bare: true,
        more: { details: [{ code: 'TooManyRequests', target: name, message: JSON.stringify(told) }] },
      },
    )
  }
}
