/**
 * Time limits that hold. Within `AbortSignal.any` nothing keeps hold of an `AbortSignal.timeout`: Node.js 20 collects it
 * as garbage, with its timer, and then it never comes.
 */
import { AzlinError } from './errors.js'

/** Aborted as the signal is, or after so many milliseconds. It keeps no process from ending. */
export function withinMs(signal: AbortSignal, ms: number): AbortSignal {
  return AbortSignal.any([signal, abortedAfter(ms, new DOMException('It took too long.', 'TimeoutError'))])
}

/** Aborted after so many milliseconds, with an error that says what took too long: for what has its own time. */
export function timeFor(what: string, ms: number): AbortSignal {
  return abortedAfter(ms, new AzlinError('TIMED_OUT', { what, seconds: Math.round(ms / 1000) }))
}

/** Its timer holds it. */
function abortedAfter(ms: number, reason: Error): AbortSignal {
  const limit = new AbortController()
  setTimeout(() => limit.abort(reason), ms).unref()
  return limit.signal
}

/** What the work gives, or the error where it gives nothing for so many milliseconds. */
export async function inTime<T>(work: Promise<T>, ms: number, tooLate: Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
