/** The managed identity endpoint, in the App Service forms of 2019-08-01 and 2017-09-01. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { textAt } from './network/json.js'
import { clientId, issueToken } from './tokens.js'

const lifetimeSeconds = 24 * 3600

/** What a client must send; the same after each restart. */
export function identityHeader(secret: string): string {
  return createHmac('sha256', secret).update('identity').digest('hex')
}

export function addIdentity(app: FastifyInstance, secret: string): void {
  app.get('/identity/token', (request, reply) => {
    const version = textAt(request.query, 'api-version')
    const given = request.headers[version === '2017-09-01' ? 'secret' : 'x-identity-header']
    if (!equal(given, identityHeader(secret))) {
      return reply.code(401).send({ statusCode: 401, message: 'The identity header is missing or wrong.' })
    }
    const resource = textAt(request.query, 'resource')
    if (version === undefined || resource === undefined) {
      return reply.code(400).send({ statusCode: 400, message: 'api-version and resource are required.' })
    }
    const from = Math.floor(Date.now() / 1000)
    const until = from + lifetimeSeconds
    return reply.send({
      access_token: issueToken(secret, resource, { from, until }),
      expires_on: String(until),
      not_before: String(from),
      resource,
      token_type: 'Bearer',
      client_id: clientId,
    })
  })
}

export function equal(given: unknown, expected: string): boolean {
  const [one, other] = [Buffer.from(String(given)), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}
