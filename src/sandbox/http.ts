/** Resource Manager over HTTP: tokens, api-version, faults, the request log, errors; then the route. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ArmError } from './errors.js'
import { operationFault } from './fault-context.js'
import type { Faults } from './faults.js'
import { checkLocks } from './locks.js'
import { isObject, type Json, objectAt, textAt } from './network/json.js'
import { packing } from './packing.js'
import { checkRole } from './roles.js'
import type { AddRoute, Answer, Call, Handler } from './routes.js'
import { checkSubscription } from './subscriptions.js'
import { Throttle } from './throttle.js'
import { isArmToken } from './tokens.js'
import type { World } from './world.js'

const struck = ['status', 'drop', 'delay', 'failOperation', 'failPolls'] as const

/** A route maker: each route is guarded as Resource Manager guards its own. */
export function armRoutes(app: FastifyInstance, world: World, faults: Faults, url: () => string): AddRoute {
  const throttle = new Throttle(world, faults)
  return (method, path, handler) => {
    app.route({
      method,
      url: path,
      exposeHeadRoute: false,
      onSend: packing,
      handler: async (request, reply) => {
        checkToken(request, world, url())
        checkVersion(request)
        reply.headers(throttle.count(callOf(request)))
        return serve(request, reply, { handler, world, faults })
      },
    })
  }
}

async function serve(
  request: FastifyRequest,
  reply: FastifyReply,
  { handler, world, faults }: { handler: Handler; world: World; faults: Faults },
): Promise<FastifyReply> {
  const call = callOf(request)
  checkSubscription(call.params['subscription'])
  checkRegion(call, world, faults)
  let broken: 'during' | 'after' | undefined
  const operation: { failWith?: { code: string; message: string }; failPolls?: number } = {}
  for (const fault of faults.strike(struck, { method: call.method, path: call.path })) {
    if (fault.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.ms))
    else if (fault.kind === 'drop' && fault.when === 'before') return drop(reply)
    else if (fault.kind === 'drop') broken = fault.when === 'during' ? 'during' : 'after'
    else if (fault.kind === 'failOperation') operation.failWith = { code: fault.code, message: fault.message }
    else if (fault.kind === 'failPolls') operation.failPolls = fault.polls
    else if (fault.kind === 'status') {
      const headers = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) }
      throw new ArmError(fault.status, fault.code, fault.message, { headers })
    }
  }
  checkRole(faults, call)
  checkLocks(world, call)
  const answer = await operationFault.run(operation, async () => handler(call))
  if (broken === 'during') return breakOff(request, reply, answer)
  return broken ? drop(reply) : send(reply, answer)
}

export function send(reply: FastifyReply, { status, headers = {}, body }: Answer): FastifyReply {
  reply.code(status).headers(headers)
  if (body === undefined) return reply.send()
  return reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(body))
}

export function sendError(error: unknown, reply: FastifyReply): FastifyReply {
  if (error instanceof ArmError) {
    return send(reply, {
      status: error.status,
      headers: error.headers,
      body: error.bare ? error.error : { error: error.error },
    })
  }
  // The framework's own: a body that is no JSON, one that is too long.
  if (isObject(error) && typeof error['statusCode'] === 'number' && error['statusCode'] < 500) {
    const message = `The request content was invalid and could not be deserialized: '${textAt(error, 'message')}'.`
    return send(reply, { status: 400, body: { error: { code: 'InvalidRequestContent', message } } })
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return send(reply, { status: 500, body: { error: { code: 'InternalServerError', message } } })
}

/** The first half of the answer goes out, packed where it would have been. */
async function breakOff(request: FastifyRequest, reply: FastifyReply, { status, headers, body }: Answer) {
  const whole = Buffer.from((await packing(request, reply, JSON.stringify(body ?? ''))) as string | Buffer)
  const told = { ...reply.getHeaders(), 'content-type': 'application/json; charset=utf-8', ...headers }
  reply.hijack()
  const { raw } = reply
  for (const [name, value] of Object.entries(told)) if (value !== undefined) raw.setHeader(name, value)
  raw.setHeader('content-length', whole.length)
  raw.writeHead(status)
  raw.write(whole.subarray(0, whole.length / 2), () => raw.destroy())
  return reply
}

function drop(reply: FastifyReply): FastifyReply {
  reply.hijack()
  reply.raw.destroy()
  return reply
}

function checkToken(request: FastifyRequest, world: World, url: string): void {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ')
  if (scheme?.toLowerCase() === 'bearer' && token && isArmToken(world.secret, token, url)) return
  const headers = { 'www-authenticate': 'Bearer authorization_uri="https://login.windows.net/", error="invalid_token"' }
  if (!token) {
    const message = "Authentication failed. The 'Authorization' header is missing."
    throw new ArmError(401, 'AuthenticationFailed', message, { headers })
  }
  throw new ArmError(401, 'InvalidAuthenticationToken', 'The access token is invalid.', { headers })
}

function checkVersion(request: FastifyRequest): void {
  const version = textAt(callQuery(request), 'api-version')
  if (version === undefined) {
    throw new ArmError(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    )
  }
  if (!/^\d{4}-\d{2}-\d{2}(-preview)?$/.test(version) || Number.isNaN(Date.parse(version.slice(0, 10)))) {
    throw new ArmError(400, 'InvalidApiVersionParameter', `The api-version '${version}' is invalid.`)
  }
}

/** Everything but the resource group itself: that is kept in all regions. */
function checkRegion({ path, params, body }: Call, world: World, faults: Faults): void {
  const target = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/[^/]+\/[^/]+\/[^/]+/i.exec(path)?.[0]
  if (target === undefined && params['location'] === undefined) return
  const region = params['location'] ?? (target && world.get(target)?.location) ?? textAt(body, 'location')
  if (region === undefined || !faults.strikesRegion(region)) return
  throw new ArmError(503, 'ServiceUnavailable', `The service is temporarily unavailable in region '${region}'.`)
}

function callOf(request: FastifyRequest): Call {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) if (typeof value === 'string') headers[name] = value
  return {
    method: request.method,
    path: decodeURIComponent(request.url.split('?')[0] ?? ''),
    rawUrl: request.originalUrl,
    params: objectAt({ params: request.params }, 'params') as Record<string, string>,
    query: callQuery(request),
    headers,
    body: isObject(request.body) ? request.body : {},
  }
}

function callQuery(request: FastifyRequest): Record<string, string> {
  const query: Record<string, string> = {}
  const given: Json = isObject(request.query) ? request.query : {}
  for (const [name, value] of Object.entries(given)) if (typeof value === 'string') query[name.toLowerCase()] = value
  return query
}
