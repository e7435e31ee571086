/** What is only asked to say beforehand what Azure itself would refuse later. */
import { AzlinError } from '../core/errors.js'

/**
 * Undefined where it cannot be had: it may not be read, or there is nothing of the kind there. Not being let in is one
 * thing; an outage another.
 */
export async function ifReadable<T>(signal: AbortSignal, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (AzlinError.is(error) && !signal.aborted && !error.retryable) return undefined
    throw error
  }
}
