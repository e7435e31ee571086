/**
 * Keeps what the SDK throws away: how a refused request or a failed operation was explained, and the exact
 * text of the URL that Azure gave for asking after it (the SDK builds a new one, which a signature may not survive).
 */
import type { PipelinePolicy, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline'
import type { Clock } from '../../core/clock.js'
import { type Call, currentCall } from '../call.js'
import { complaintIn, isFields, readErrorBody } from '../error-body.js'
import { retryAfterMs } from './retry-after.js'

export const operationsPolicyName = 'azlinOperations'

export function operationsPolicy(clock: Clock): PipelinePolicy {
  return {
    name: operationsPolicyName,
    async sendRequest(request, next) {
      const call = currentCall.getStore()
      if (!call) return next(request)

      const reads = request.method === 'GET' || request.method === 'HEAD'
      if (reads) restoreStatusUrl(call, request)
      else call.changed = pathOf(request.url)

      // What was refused before says nothing of a request that gets no answer.
      call.refusal = undefined
      const response = await next(request)
      // The SDK takes one for an answer without a body, and a change for made; and a proxy that does not find its way has
      // not looked for what was asked for. A TypeError, as the SDK throws where it does not.
      const { status } = response
      if ((status < 300 || status === 404) && isWebPage(response)) throw new TypeError('a web page came')
      const wait = retryAfterMs(response.headers, clock.now)
      call.retryAfterMs = wait
      call.refusal =
        response.status < 300
          ? undefined
          : {
              ...readErrorBody(response.bodyAsText ?? undefined),
              status: response.status,
              retryAfterSeconds: wait === undefined ? undefined : Math.ceil(wait / 1000),
            }
      if (reads && response.status < 300) call.read = pathOf(request.url)
      if (call.operation) followOperation(call, response, reads)
      // A PUT is asked after at the resource itself, by the SDK.
      if (!reads) call.adrift = response.status === 202 && request.method !== 'PUT' && call.statusUrls.length === 0
      return response
    },
  }
}

function isWebPage(response: PipelineResponse): boolean {
  return /\bhtml\b/i.test(response.headers.get('content-type') ?? '') && Boolean(response.bodyAsText)
}

function followOperation(call: Call, response: PipelineResponse, reads: boolean): void {
  for (const name of ['azure-asyncoperation', 'location', 'operation-location']) {
    const url = response.headers.get(name)
    if (url && !call.statusUrls.includes(url)) call.statusUrls.push(url)
  }
  if (!reads && response.status >= 300) return
  const { status, bodyAsText } = response
  const told = status < 300 && /fail|cancel|"output"/i.test(bodyAsText ?? '') ? fieldsOf(bodyAsText ?? '') : undefined
  if (!told) return
  call.failure = failureIn(told, status) ?? call.failure
  call.output = (isFields(told['properties']) ? told['properties'] : told)['output'] ?? call.output
}

/** Undefined of what is not JSON: that says nothing about an operation, and the SDK complains about it itself. */
function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const body: unknown = JSON.parse(text)
    return isFields(body) ? body : undefined
  } catch {
    return undefined
  }
}

/** `status` of an operation, or `provisioningState` of a resource that has no operation of its own. */
function failureIn(body: Readonly<Record<string, unknown>>, status: number): Call['failure'] {
  const properties = isFields(body['properties']) ? body['properties'] : {}
  const state = body['status'] ?? properties['provisioningState'] ?? body['provisioningState']
  if (typeof state !== 'string' || !/fail|cancel/i.test(state)) return undefined

  const said = isFields(body['error']) ? complaintIn(body) : complaintIn({ error: properties['error'] ?? {} })
  return {
    code: said?.code || state,
    message: said?.message || `the operation ended as ${state}`,
    details: said?.details ?? [],
    status,
    retryAfterSeconds: undefined,
  }
}

function restoreStatusUrl(call: Call, request: PipelineRequest): void {
  const given = call.statusUrls.find((url) => url !== request.url && beforeQuery(url) === beforeQuery(request.url))
  if (given) request.url = given
}

function beforeQuery(url: string): string {
  return url.slice(0, url.indexOf('?') === -1 ? undefined : url.indexOf('?'))
}

function pathOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname).toLowerCase()
}
