/** The serial console of a machine as Azure keeps it, behind a URL of limited life. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { ArmError, invalidParameter } from '../errors.js'
import { serialLog } from '../guest/console.js'
import { objectAt, textAt } from '../network/json.js'
import type { Resource } from '../resource.js'
import { type AddRoute, type Call, ok, type Sandbox } from '../routes.js'
import type { World } from '../world.js'

const usualMinutes = 120
const mostMinutes = 1440

export function addBootDiagnostics(
  route: AddRoute,
  sandbox: Sandbox,
  { path, find }: { path: string; find: (call: Call) => Resource },
): void {
  route('POST', `${path}/retrieveBootDiagnosticsData`, (call) => {
    const machine = find(call)
    const minutes = Number(call.query['sasuriexpirationtimeinminutes'] ?? usualMinutes)
    if (!Number.isInteger(minutes) || minutes < 1 || minutes > mostMinutes) {
      throw invalidParameter(
        `The value of parameter 'sasUriExpirationTimeInMinutes' is out of range. It must be between 1 and ${mostMinutes}.`,
        'sasUriExpirationTimeInMinutes',
      )
    }
    const settings = objectAt(objectAt(machine.properties, 'diagnosticsProfile'), 'bootDiagnostics')
    if (settings['enabled'] !== true || settings['storageUri'] !== undefined) {
      throw new ArmError(
        409,
        'OperationNotAllowed',
        `Boot diagnostics with managed storage is not enabled for VM '${machine.name}'. Enable it to retrieve boot diagnostics data.`,
      )
    }
    const until = sandbox.world.now().getTime() + minutes * 60_000
    const url = (what: string) => {
      const place = `${machine.id}/${what}`
      const query = new URLSearchParams({ sv: '2018-03-28', sr: 'b', sp: 'r', se: new Date(until).toISOString() })
      query.set('sig', sign(sandbox.world, `${place}\n${query.get('se')}`))
      return `${sandbox.url()}/bootdiagnostics${place}?${query}`
    }
    return ok({
      consoleScreenshotBlobUri: url('screenshot.bmp'),
      serialConsoleLogBlobUri: url('serialconsole.log'),
    })
  })
}

/** The blob service of these. Faults see the path `/bootdiagnostics` + id of the machine. */
export function bootDiagnosticsRoutes(app: FastifyInstance, { world, faults }: Sandbox): void {
  app.get('/bootdiagnostics/*', async (request, reply) => {
    const path = decodeURIComponent(request.url.split('?')[0] ?? '')
    const place = path.slice('/bootdiagnostics'.length)
    const [, id = '', what] = /^(.*)\/(serialconsole\.log|screenshot\.bmp)$/.exec(place) ?? []
    const machine = world.get(id)
    const until = textAt(request.query, 'se') ?? ''
    const given = Buffer.from(textAt(request.query, 'sig') ?? '')
    const expected = Buffer.from(sign(world, `${place}\n${until}`))
    const signed = given.length === expected.length && timingSafeEqual(given, expected)
    if (!machine || !signed || !(new Date(until) > world.now())) return refuse(reply, 403, 'AuthenticationFailed')
    const [fault] = faults.strike(['status'], { method: 'GET', path: `/bootdiagnostics${id}` })
    if (fault) return refuse(reply, fault.status, fault.code)
    if (faults.isDown(machine.location)) return refuse(reply, 503, 'ServerBusy')
    if (what === 'screenshot.bmp') return reply.type('image/bmp').send(blackScreen)
    return reply.type('text/plain').header('x-ms-blob-type', 'AppendBlob').send(serialLog(world, machine))
  })
}

function refuse(
  reply: { code(status: number): { type(type: string): { send(body: string): unknown } } },
  status: number,
  code: string,
) {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code></Error>`
  return reply.code(status).type('application/xml').send(body)
}

/** One black pixel. */
const blackScreen = Buffer.from('424d3a0000000000000036000000280000000100000001000000010018000000000004000000', 'hex')

function sign(world: World, text: string): string {
  return createHmac('sha256', world.secret).update(`console ${text}`).digest('base64')
}
