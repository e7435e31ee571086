/** The embedded Azure: starts the HTTPS server on loopback, with everything in it. */
import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import { certificates } from './certificates.js'
import { reviewCopies } from './compute/copy-progress.js'
import { type Connection, removeConnection, writeConnection } from './connection.js'
import { addControl } from './control.js'
import { Faults } from './faults.js'
import { freeSshPort, Guests } from './guest/guests.js'
import { guestKeys } from './guest/keys.js'
import { armRoutes, sendError } from './http.js'
import { addIdentity, identityHeader } from './identity.js'
import { Operations } from './operations.js'
import { addParts } from './parts.js'
import { Removal } from './removal.js'
import { RequestLog } from './request-log.js'
import type { Sandbox } from './routes.js'
import { seedWorld } from './seed.js'
import { settleWorld } from './settle.js'
import { subscriptionId, tenantId, World } from './world.js'

export interface SandboxOptions {
  /** Folder for state, certificates and connection.json. */
  readonly home: string
  /** Any free one when left out. */
  readonly port?: number
  /** Azure's durations are divided by it; 60 when left out. */
  readonly speed?: number
  /** False: an empty subscription. */
  readonly seed?: boolean
  /** False: Run Command and SSH do not run the scripts that they are given. */
  readonly runCommand?: boolean
  /** Called when all is written, before the sandbox counts as stopped. */
  readonly lastWord?: () => void
}

export interface RunningSandbox {
  readonly url: string
  readonly identityEndpoint: string
  readonly identityHeader: string
  readonly caFile: string
  readonly subscriptionId: string
  readonly tenantId: string
  readonly world: World
  readonly faults: Faults
  close(): Promise<void>
  /** Resolved when it was closed, by whomever. */
  readonly closed: Promise<void>
}

export const defaultSpeed = 60
export const demoGroup = 'demo-rg'

export async function startSandbox(options: SandboxOptions): Promise<RunningSandbox> {
  const { home, port = 0, speed = defaultSpeed, seed = true, runCommand = true } = options
  const world = new World({ home, speed })
  const { key, cert, caFile } = await certificates(home)
  let url = ''
  const here = () => url
  const faults = new Faults()
  const log = new RequestLog()
  const keys = await guestKeys(home)
  const sshPort = await freeSshPort(world.secret)
  const guests = new Guests(world, faults, { keys, sshPort, runScripts: runCommand })
  const sandbox: Sandbox = {
    world,
    operations: new Operations(world, here),
    removal: new Removal(world),
    faults,
    guests,
    url: here,
  }
  const populate = () => {
    if (seed) seedWorld(sandbox)
  }
  const app = framework({ key, cert })
  addLog(app, world, log)
  // Whoever is answered may rely on it, whatever becomes of this process.
  app.addHook('onSend', async () => world.save())
  let closing: Promise<void> | undefined
  let tellClosed: () => void = () => undefined
  const closed = new Promise<void>((resolve) => {
    tellClosed = resolve
  })
  const close = () => {
    closing ??= (async () => {
      guests.close()
      await app.close()
      world.close()
      options.lastWord?.()
      removeConnection(home, process.pid)
      tellClosed()
    })()
    return closing
  }
  const announce = () => writeConnection(home, connection())
  addIdentity(app, world.secret)
  addControl(app, { sandbox, log, announce, populate, close, connection: () => connection() })
  addParts(app, armRoutes(app, world, faults, here), sandbox)
  if (world.fresh) populate()
  else settleWorld(sandbox)
  const review = () => reviewCopies(world, faults)
  faults.onChange(review)
  review()
  url = await app.listen({ host: '127.0.0.1', port })
  const startedAt = new Date().toISOString()
  const connection = (): Connection => ({
    pid: process.pid,
    url,
    identityEndpoint: `${url}/identity/token`,
    identityHeader: identityHeader(world.secret),
    caFile,
    subscriptionId,
    tenantId,
    resourceGroup: demoGroup,
    clockOffsetMs: world.clock.offsetMs,
    speed,
    sshPort,
    sshKeyFile: keys.userKeyFile,
    startedAt,
  })
  world.save()
  announce()
  const { identityEndpoint, identityHeader: header } = connection()
  return {
    url,
    identityEndpoint,
    identityHeader: header,
    caFile,
    subscriptionId,
    tenantId,
    world,
    faults,
    close,
    closed,
  }
}

function framework(https: { key: string; cert: string }): FastifyInstance {
  const app = Fastify({
    https,
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: 5000 },
    bodyLimit: 4 * 1024 * 1024,
    forceCloseConnections: true,
    rewriteUrl: ({ url = '/' }) => normalPath(url),
  }) as unknown as FastifyInstance
  app.removeContentTypeParser('application/json')
  // As Azure: a POST that says it sends JSON may send nothing.
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? undefined : JSON.parse(String(body)))
    } catch (error) {
      done(Object.assign(error instanceof Error ? error : new Error(String(error)), { statusCode: 400 }))
    }
  })
  app.setErrorHandler((error, _request, reply) => sendError(error, reply))
  app.setNotFoundHandler((request, reply) => {
    const message = `No registered resource provider found for ${request.method} '${request.url.split('?')[0]}'.`
    return reply.code(404).send({ error: { code: 'InvalidResourceType', message } })
  })
  return app
}

/** Some clients send scopes percent-encoded, or with two slashes; Azure takes both. */
function normalPath(url: string): string {
  const [path = '/', query] = url.split(/\?(.*)/s, 2)
  const plain = path.replace(/%2F/gi, '/').replace(/\/{2,}/g, '/')
  return query === undefined ? plain : `${plain}?${query}`
}

function addLog(app: FastifyInstance, world: World, log: RequestLog): void {
  app.addHook('onRequest', async (request, reply) => {
    const correlation = request.headers['x-ms-correlation-request-id']
    reply.headers({
      'x-ms-request-id': randomUUID(),
      'x-ms-correlation-request-id': typeof correlation === 'string' ? correlation : randomUUID(),
      date: world.now().toUTCString(),
      'cache-control': 'no-cache',
    })
  })
  // At the end of the answer, or of the connection: one that a fault broke was a request too.
  app.addHook('onRequest', async ({ method, url }, reply) => {
    const path = url.split('?')[0] ?? ''
    if (path.startsWith('/sandbox/')) return
    const { raw } = reply
    raw.once('close', () => {
      const status = raw.writableFinished ? raw.statusCode : 0
      log.add({ method, path, status, ms: Math.round(reply.elapsedTime), at: world.now().toISOString() })
    })
  })
}
