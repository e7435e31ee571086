/** Tells of every single request that was sent, for `--verbose`. Never of a query: it may be signed. */
import type { PipelinePolicy } from '@azure/core-rest-pipeline'
import type { Clock } from '../../core/clock.js'
import type { Report } from '../../core/events.js'

const longestPath = 300

export function requestLogPolicy(clock: Clock, report: Report): PipelinePolicy {
  return {
    name: 'azlinRequestLog',
    async sendRequest(request, next) {
      const begun = clock.elapsed()
      const { pathname } = new URL(request.url)
      const path = pathname.length > longestPath ? `${pathname.slice(0, longestPath)}…` : pathname
      const tell = (status: number, correlationId: string) =>
        report({
          type: 'azure.request',
          method: request.method,
          path,
          status,
          ms: Math.round(clock.elapsed() - begun),
          correlationId,
        })

      try {
        const response = await next(request)
        const { headers } = response
        tell(response.status, headers.get('x-ms-correlation-request-id') ?? headers.get('x-ms-request-id') ?? '')
        return response
      } catch (error) {
        // 0: no answer came.
        tell(0, '')
        throw error
      }
    },
  }
}
