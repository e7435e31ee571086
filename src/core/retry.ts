import type { Clock } from './clock.js'
import { AzlinError } from './errors.js'
import type { Run } from './run.js'

/** Refusals that pass when whatever else is going on has ended. */
const passing = new Set(['CONFLICT', 'DISK_ATTACHED', 'TIMED_OUT'])

/**
 * For work that undoes something and must not give up at the first refusal: tries
 * again, with growing pauses, while the error is one that passes by itself.
 */
export async function persist<T>(
  work: () => Promise<T>,
  {
    clock,
    signal,
    attempts = 6,
    pauseMs = 2_000,
  }: { clock: Clock; signal: AbortSignal; attempts?: number; pauseMs?: number },
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const passes = AzlinError.is(error) && (error.retryable || passing.has(error.code))
      if (!passes || attempt === attempts) throw error
      await clock.sleep(pauseMs * 2 ** (attempt - 1), signal)
    }
  }
}

/** A read whose failure, where Azure is out of reach, says nothing about what is read: then that is what is given back. */
export async function look<T>(read: () => Promise<T>, run: Run): Promise<T | AzlinError> {
  try {
    return await read()
  } catch (error) {
    if (!AzlinError.is(error) || !error.retryable || run.signal.aborted) throw error
    return error
  }
}
