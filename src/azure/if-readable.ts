/** What is only asked to say beforehand what Azure itself would refuse later. */
import { AzlinError } from '../core/errors.js'

/**
 * Undefined where it cannot be had: it may not be read, or there is nothing of the kind there. Not being let in is one
 * thing; an outage, or a sign-in that is gone, another.
 */
export async function ifReadable<T>(signal: AbortSignal, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (AzlinError.is(error) && !signal.aborted && !error.retryable && !saysNothing.includes(error.code))
      return undefined
    throw error
  }
}

/** Of what there is to be read. */
const saysNothing: readonly string[] = ['TIMED_OUT', 'NOT_SIGNED_IN']
