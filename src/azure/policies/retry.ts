/**
 * Sends a request again when that is safe, and says so when it takes long. Takes the place of the
 * SDK's own retries, which repeat every method alike and wait for as long as a header says.
 */
import type { PipelinePolicy, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline'
import type { Clock } from '../../core/clock.js'
import type { Report } from '../../core/events.js'
import { currentCall } from '../call.js'
import { readErrorBody } from '../error-body.js'
import { networkTrouble } from '../network-trouble.js'
import { retryAfterMs } from './retry-after.js'
import { isBusy, isRepeatable, mayHaveTakenEffect, pauseBeforeRetry, type Trouble } from './retry-rules.js'

/** One attempt may take this long, with the whole answer. */
const attemptMs = 100_000
/** Shorter waits are nobody's concern. */
const worthAWordMs = 2000

const reasons: Record<Trouble, string> = {
  throttled: 'Azure is limiting requests',
  busy: 'another change of the same thing is under way',
  unavailable: 'Azure did not answer properly',
  notSent: 'Azure cannot be reached',
  dropped: 'the connection to Azure broke',
}

type Outcome = { readonly response: PipelineResponse } | { readonly error: unknown }

export function retryPolicy(clock: Clock, report: Report, limitMs = attemptMs): PipelinePolicy {
  return {
    name: 'azlinRetry',
    async sendRequest(request, next) {
      const call = currentCall.getStore()
      const signal = call?.signal ?? new AbortController().signal
      const begun = clock.elapsed()
      const changes = request.method !== 'GET' && request.method !== 'HEAD'
      if (call && changes) call.resent = false

      for (let number = 1; ; number++) {
        const outcome = await attempt(request, next, signal, limitMs)
        signal.throwIfAborted()
        const trouble = troubleOf(outcome)
        const pause =
          trouble &&
          pauseBeforeRetry({
            trouble,
            number,
            elapsedMs: clock.elapsed() - begun,
            retryAfterMs: 'response' in outcome ? retryAfterMs(outcome.response.headers, clock.now) : undefined,
            repeatable: isRepeatable({
              method: request.method,
              url: request.url,
              conditional: request.headers.has('if-match') || request.headers.has('if-none-match'),
            }),
            polling: call?.polling ?? false,
            chance: Math.random(),
          })
        if (trouble === undefined || pause === undefined) {
          if ('response' in outcome) return outcome.response
          throw outcome.error
        }

        if (call && changes && mayHaveTakenEffect(trouble)) call.resent = true
        if (pause > worthAWordMs)
          report({ type: 'azure.waiting', seconds: Math.ceil(pause / 1000), reason: reasons[trouble] })
        await clock.sleep(pause, signal)
      }
    },
  }
}

async function attempt(
  request: PipelineRequest,
  next: (request: PipelineRequest) => Promise<PipelineResponse>,
  signal: AbortSignal,
  limitMs: number,
): Promise<Outcome> {
  const limit = new AbortController()
  // Until there is an answer it keeps the process alive: of some ends of a connection Node.js tells nobody.
  const timer = setTimeout(() => limit.abort(), limitMs)
  request.abortSignal = AbortSignal.any([signal, limit.signal])
  try {
    const response = await next(request)
    // What is read as a stream is still on its way.
    if (response.readableStreamBody) timer.unref()
    else clearTimeout(timer)
    return { response }
  } catch (error) {
    clearTimeout(timer)
    return { error }
  }
}

function troubleOf(outcome: Outcome): Trouble | undefined {
  if ('error' in outcome) {
    const trouble = networkTrouble(outcome.error)
    return trouble === 'untrusted' ? undefined : trouble
  }
  const { response } = outcome
  const { status } = response
  if (status === 429) return isBusy(readErrorBody(response.bodyAsText ?? undefined).code) ? 'busy' : 'throttled'
  // 501 and 505 say that it will never be done.
  if (status === 408 || (status >= 500 && status !== 501 && status !== 505)) return 'unavailable'
  return undefined
}
