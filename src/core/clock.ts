/** Time, as core sees it. Rules in `domain` take a `Date` and never a Clock. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface Clock {
  now(): Date
  /** Milliseconds that never run backwards. RTO is measured with this, not with `now()`. */
  elapsed(): number
  /** Rejects with the signal's own reason when it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** The machine's clock, shifted by `offsetMs` (the sandbox's clock can be moved). */
export function systemClock(offsetMs: () => number = () => 0): Clock {
  return {
    now: () => new Date(Date.now() + offsetMs()),
    // `performance.now()` tells the same, and has Node.js load all that it can measure.
    elapsed: () => Number(process.hrtime.bigint()) / 1e6,
    async sleep(ms, signal) {
      // Node rejects with its own AbortError; the run's reason is the one worth showing.
      await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
    },
  }
}
