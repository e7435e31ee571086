/**
 * Asks for the next page of a list as soon as one is there: while this one is parsed and worked on, the next is on its
 * way. The SDK asks for it only when the work on this one is done, and then gets the answer that has come meanwhile.
 */
import type { PipelinePolicy, PipelineRequest } from '@azure/core-rest-pipeline'
import { currentCall } from '../call.js'
import { endOf } from '../connections.js'

/** The last thing in a page. Within a name or a tag, quotation marks stand behind a backslash. */
const nextLink = /"nextLink"\s*:\s*("(?:[^"\\]|\\.)+")\s*\}\s*$/
/** Longer than any of these URLs; a page is a megabyte. */
const endOfPage = 8192

export function readAheadPolicy(): PipelinePolicy {
  return {
    name: 'azlinReadAhead',
    async sendRequest(request, next) {
      const call = currentCall.getStore()
      if (!call || request.method !== 'GET') return next(request)

      const early = call.nextPage?.url === request.url ? call.nextPage.response : undefined
      call.nextPage = undefined
      const response = await (early ?? next(request))
      const url = response.status === 200 ? nextPageOf(endOf(response, endOfPage)) : undefined
      if (!early) call.pages.clear()
      call.pages.add(request.url)
      // The SDK would read them for ever.
      if (url !== undefined && call.pages.has(url)) throw new Error('a page of the list leads back to one before it')
      if (url !== undefined) {
        call.nextPage = { url, response: next(await alike(request, url)) }
        // It may fail before anyone waits for it, or when nobody reads on.
        call.nextPage.response.catch(() => {})
        // The request goes out now, and not after the work on this page.
        await new Promise((resolve) => setImmediate(resolve))
      }
      return response
    },
  }
}

/** Undefined too where the SDK would add the API version first: it will ask for another URL then. */
function nextPageOf(end: string): string | undefined {
  const url = textIn(nextLink.exec(end)?.[1])
  return url !== undefined && URL.canParse(url) && new URL(url).searchParams.has('api-version') ? url : undefined
}

/** Undefined of what is not JSON: the SDK complains about it itself. */
function textIn(json: string | undefined): string | undefined {
  try {
    return json === undefined ? undefined : String(JSON.parse(json))
  } catch {
    return undefined
  }
}

async function alike({ headers, tlsSettings }: PipelineRequest, url: string): Promise<PipelineRequest> {
  const { createHttpHeaders, createPipelineRequest } = await import('@azure/core-rest-pipeline')
  const same = createHttpHeaders(headers.toJSON({ preserveCase: true }))
  const request = createPipelineRequest({ url, headers: same })
  if (tlsSettings) request.tlsSettings = tlsSettings
  request.headers.set('x-ms-client-request-id', request.requestId)
  return request
}
