/** Keeps the token from every host but Azure's: a link to the next page, or to an operation, may name any. */
import type { PipelinePolicy } from '@azure/core-rest-pipeline'
import { type Cloud, mayHaveToken } from '../clouds.js'

export const tokenBoundsPolicyName = 'azlinTokenBounds'

const links = ['azure-asyncoperation', 'location', 'operation-location']

export function tokenBoundsPolicy(cloud: Cloud): PipelinePolicy {
  return {
    name: tokenBoundsPolicyName,
    async sendRequest(request, next) {
      if (!mayHaveToken(request.url, cloud)) {
        const { protocol, host } = new URL(request.url)
        throw new Error(`it leads to ${protocol}//${host}, where no token may go`)
      }
      const response = await next(request)
      // How an operation goes is then seen by what it changes, as where no link was given.
      for (const name of links) {
        const url = response.headers.get(name)
        if (url && URL.canParse(url) && !mayHaveToken(url, cloud)) response.headers.delete(name)
      }
      return response
    },
  }
}
