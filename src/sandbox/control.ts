/** What steers the sandbox itself: status, clock, faults, requests seen, reset, stop. Not a part of Azure. */
import type { FastifyInstance } from 'fastify'
import { copyReports } from './compute/copy-progress.js'
import type { Connection } from './connection.js'
import type { SandboxStatus } from './control-client.js'
import { faultRequest } from './fault-request.js'
import { equal, identityHeader } from './identity.js'
import { isObject, textAt } from './network/json.js'
import type { RequestLog } from './request-log.js'
import type { Sandbox } from './routes.js'
import { seedLab } from './seed-lab.js'

export interface Controlled {
  readonly sandbox: Sandbox
  readonly log: RequestLog
  readonly connection: () => Connection
  /** Writes connection.json anew. */
  readonly announce: () => void
  /** Seeds an empty world. */
  readonly populate: () => void
  readonly close: () => Promise<void>
}

export function addControl(app: FastifyInstance, controlled: Controlled): void {
  const { sandbox, log, announce, populate, close, connection } = controlled
  const { world, faults } = sandbox
  const status = (): SandboxStatus => {
    const { url, pid, startedAt, speed, sshPort, sshKeyFile } = connection()
    const counts: Record<string, number> = {}
    for (const { type } of world.all()) counts[type] = (counts[type] ?? 0) + 1
    const now = world.now().toISOString()
    return {
      url,
      pid,
      startedAt,
      speed,
      now,
      clockOffsetMs: world.clock.offsetMs,
      resources: counts,
      faults: faults.list().length,
      sshPort,
      sshKeyFile,
    }
  }
  app.register(
    async (control) => {
      control.addHook('onRequest', async (request, reply) => {
        if (equal(request.headers['x-sandbox-key'], identityHeader(world.secret))) return
        return reply
          .code(401)
          .send({ error: { code: 'Unauthorized', message: 'The sandbox key is missing or wrong.' } })
      })
      control.get('/status', async () => status())
      control.post('/advance', async (request, reply) => {
        const ms = isObject(request.body) ? request.body['ms'] : undefined
        if (typeof ms !== 'number' || !(ms >= 0)) {
          return reply.code(400).send({ error: { code: 'BadRequest', message: 'ms must be a number, not negative.' } })
        }
        world.advance(ms)
        announce()
        return status()
      })
      control.post('/reset', async () => {
        faults.clear()
        log.clear()
        world.reset()
        populate()
        return status()
      })
      control.post('/seed', async (request, reply) => {
        if (textAt(request.body, 'set') !== 'lab') {
          return reply.code(400).send({ error: { code: 'BadRequest', message: "set must be 'lab'." } })
        }
        seedLab(sandbox)
        return status()
      })
      control.get('/faults', async () => faults.list())
      control.post('/faults', async (request) => faults.add(faultRequest(request.body)))
      control.delete('/faults', async () => {
        faults.clear()
        return faults.list()
      })
      control.delete('/faults/:id', async (request) => {
        faults.clear((request.params as { id: string }).id)
        return faults.list()
      })
      control.get('/copies', async () => copyReports(world))
      control.get('/requests', async () => log.list())
      control.delete('/requests', async () => {
        log.clear()
        return log.list()
      })
      control.post('/stop', async (_request, reply) => {
        await reply.send({ stopping: true })
        setImmediate(() => void close())
      })
    },
    { prefix: '/sandbox' },
  )
}
