/** Whether a request is sent again, and after how long. Pure. */

export type Trouble =
  /** 429. The request was not carried out. */
  | 'throttled'
  /** 429 too, and no limit: another change of the same thing is under way. The request was not carried out. */
  | 'busy'
  /** 408 and 5xx. It may have been carried out. */
  | 'unavailable'
  /** The connection never came about. It was not carried out. */
  | 'notSent'
  /** The connection broke, or no answer came in time. It may have been carried out. */
  | 'dropped'

export interface Attempt {
  readonly trouble: Trouble
  /** 1 for the first. */
  readonly number: number
  /** Milliseconds since the first attempt began. */
  readonly elapsedMs: number
  /** What the server asked to wait. */
  readonly retryAfterMs: number | undefined
  /** Sending it twice does no more than sending it once. */
  readonly repeatable: boolean
  /** It only asks after an operation that goes on without us, so there is time. */
  readonly polling: boolean
  /** 0 up to 1. */
  readonly chance: number
}

const shortestPollMs = 50

/** Milliseconds before the question after an operation of this number. What a server asks for wins; asking for none, it is not flooded. */
export function pauseBeforePoll(retryAfterMs: number | undefined, pollIntervalMs: number, number: number): number {
  return retryAfterMs === 0 ? Math.min(pollIntervalMs, shortestPollMs * number) : (retryAfterMs ?? pollIntervalMs)
}

const longestWaitMs = 120_000
const longestTotalMs = 600_000

const firstPauseMs = 500
const longestPauseMs = 30_000
const attempts: Record<Trouble, number> = { throttled: 6, busy: 8, unavailable: 5, notSent: 3, dropped: 5 }

/** Of a 429. */
export function isBusy(code: string): boolean {
  return /^(RetryableErrorDueToAnotherOperation|AnotherOperationInProgress)$/i.test(code)
}

export function mayHaveTakenEffect(trouble: Trouble): boolean {
  return trouble === 'unavailable' || trouble === 'dropped'
}

/** Milliseconds to wait before the next attempt, or undefined when there is to be none. */
export function pauseBeforeRetry(attempt: Attempt): number | undefined {
  const { trouble, number, elapsedMs, retryAfterMs, repeatable, polling, chance } = attempt
  if (mayHaveTakenEffect(trouble) && !repeatable) return undefined

  const pause = Math.round(Math.min(longestPauseMs, firstPauseMs * 2 ** (number - 1)) * (0.5 + chance / 2))
  const enough = number >= attempts[trouble]
  if (retryAfterMs !== undefined) {
    // A request sent before its time is refused again, and the wait starts anew. Who asks again and again for none gets one.
    const wait = retryAfterMs < firstPauseMs && enough ? pause : retryAfterMs + Math.ceil(chance * 250)
    return retryAfterMs > longestWaitMs || elapsedMs + wait > longestTotalMs ? undefined : wait
  }

  return (polling ? elapsedMs > longestTotalMs : enough) ? undefined : pause
}

/** Operations of Azure that may be asked for twice. */
const repeatablePosts = /\/(start|deallocate|powerOff|endGetAccess|retrieveBootDiagnosticsData)$/i
const tagsPath = /\/providers\/Microsoft\.Resources\/tags\/default$/i

/** Whether the same request may be sent again when nobody knows whether it was carried out. */
export function isRepeatable(request: {
  readonly method: string
  readonly url: string
  readonly conditional: boolean
}): boolean {
  const { pathname } = new URL(request.url)
  switch (request.method) {
    case 'GET':
    case 'HEAD':
    case 'OPTIONS':
    case 'DELETE':
      return true
    // With a condition the second one would find the change that the first one made, and be refused for it.
    case 'PUT':
      return !request.conditional
    case 'POST':
      return repeatablePosts.test(pathname)
    case 'PATCH':
      return tagsPath.test(pathname)
    default:
      return false
  }
}
