/** Long-running operations: signed URLs that must come back unchanged, status bodies, results. */
import { createHash, createHmac } from 'node:crypto'
import { ArmError } from './errors.js'
import { operationFault } from './fault-context.js'
import type { Json } from './network/json.js'
import { retryAfter } from './retry-after.js'
import type { Answer, Call } from './routes.js'
import { subscriptionId, type World } from './world.js'

/** As it is saved. */
export interface Operation {
  readonly id: string
  readonly path: string
  readonly style: 'compute' | 'network'
  /** Where the result is asked for; `operations` for compute with `monitor=true`, `operationResults` for network. */
  readonly startedAt: string
  readonly targetId: string | undefined
  /** Seconds asked for between polls, as in Azure. */
  readonly pollSeconds: number | undefined
  status: 'InProgress' | 'Succeeded' | 'Failed'
  endedAt?: string
  output?: Json
  error?: Json
  failPolls?: number
  /** How it ends if the sandbox does first; it succeeds when there is none. */
  readonly failure?: Json
}

export interface Beginning {
  readonly provider: 'Compute' | 'Network'
  readonly segment: 'DiskOperations' | 'operations'
  readonly location: string
  /** How long it takes in Azure. */
  readonly seconds: number
  /** What it works on. */
  readonly target?: string
  /** Does what was accepted, gives the output; an ArmError thrown here ends the operation as failed. */
  readonly finish: () => Json | undefined
  /** Called when it failed, on demand or by itself. */
  readonly failed?: () => void
  readonly failWith?: ArmError
  /** Its output cannot be told when the sandbox ends before it. */
  readonly lostAtRestart?: true
  readonly pollSeconds?: number
  /** What else has to be over before it ends, however long that takes. */
  readonly work?: () => Promise<unknown>
}

/** Header values. */
export interface OperationUrls {
  readonly azureAsyncOperation: string
  readonly location: string
}

const versions = { DiskOperations: '2025-01-02', operations: '2025-04-01' }
const keptMs = 24 * 3600_000
const lost = { code: 'InternalExecutionError', message: 'An internal execution error occurred.' }

export class Operations {
  readonly #world: World
  readonly #url: () => string

  constructor(world: World, url: () => string) {
    this.#world = world
    this.#url = url
  }

  begin(what: Beginning): OperationUrls {
    const fault = operationFault.getStore()
    const failure = fault?.failWith ?? what.failWith?.error ?? (what.lostAtRestart && lost)
    const id = this.#world.uuid()
    const path = `/subscriptions/${subscriptionId}/providers/Microsoft.${what.provider}/locations/${what.location}/${what.segment}/${id}`
    const operation: Operation = {
      id,
      path: `${path}?p=${this.#world.uuid()}&api-version=${versions[what.segment]}`,
      style: what.provider === 'Network' ? 'network' : 'compute',
      startedAt: this.#world.stamp(),
      targetId: what.target,
      pollSeconds: what.pollSeconds,
      status: 'InProgress',
      ...(fault?.failPolls !== undefined && { failPolls: fault.failPolls }),
      ...(failure && { failure: { ...failure } }),
    }
    this.#world.operations.set(id, operation)
    this.#world.changed()
    const work = fault?.failWith ? undefined : what.work?.()
    const end = () => this.#end(operation, what, fault?.failWith)
    this.#world.after(what.seconds, () => {
      if (!work) return end()
      const over = () => {
        end()
        this.#world.changed()
      }
      void work.then(over, over)
    })
    return { azureAsyncOperation: this.#statusUrl(operation), location: this.#resultUrl(operation) }
  }

  /** Answers a poll of either URL. */
  answer({ params, rawUrl }: Call): Answer {
    const operation = this.#world.operations.get(params['operation'] ?? '')
    if (!operation || this.#world.now().getTime() - Date.parse(operation.startedAt) > keptMs) {
      throw new ArmError(404, 'NotFound', `The entity was not found.`)
    }
    const asked = this.#url() + rawUrl
    const wantsResult = asked === this.#resultUrl(operation)
    if (!wantsResult && asked !== this.#statusUrl(operation)) {
      throw new ArmError(403, 'AuthorizationFailed', 'The signature of the operation URL does not match its content.')
    }
    if (operation.failPolls) {
      operation.failPolls--
      this.#world.changed()
      throw new ArmError(500, 'InternalServerError', 'The server failed to read the status of the operation.')
    }
    const wait = this.#wait(operation)
    return wantsResult ? this.#result(operation, wait) : { status: 200, headers: wait, body: statusBody(operation) }
  }

  /** Lower-cased ids of what was worked on by operations that will have failed after a restart. */
  doomed(): Set<string> {
    const failing = [...this.#world.operations.values()].filter(
      ({ status, failure }) => status === 'InProgress' && failure,
    )
    return new Set(failing.map(({ targetId }) => targetId?.toLowerCase() ?? ''))
  }

  /** After a restart: what was under way is done. `view` shows a resource as an output. */
  settle(view: (id: string) => Json | undefined): void {
    for (const operation of this.#world.operations.values()) {
      if (operation.status !== 'InProgress') continue
      if (operation.failure) {
        Object.assign(operation, { status: 'Failed', endedAt: this.#world.stamp(), error: operation.failure })
        continue
      }
      const { targetId, path } = operation
      const output = targetId !== undefined && /\/DiskOperations\//i.test(path) ? view(targetId) : undefined
      Object.assign(operation, { status: 'Succeeded', endedAt: this.#world.stamp(), ...(output && { output }) })
    }
  }

  #end(operation: Operation, what: Beginning, fault: { code: string; message: string } | undefined): void {
    operation.endedAt = this.#world.stamp()
    this.#forgetOld()
    try {
      if (fault) throw new ArmError(409, fault.code, fault.message)
      if (what.failWith) throw what.failWith
      const output = what.finish()
      operation.status = 'Succeeded'
      if (output) operation.output = output
    } catch (error) {
      if (!(error instanceof ArmError)) throw error
      operation.status = 'Failed'
      operation.error = error.error
      what.failed?.()
    }
  }

  #result(operation: Operation, wait: Record<string, string>): Answer {
    if (operation.status === 'InProgress') {
      return { status: 202, headers: { ...wait, location: this.#resultUrl(operation) } }
    }
    if (operation.status === 'Failed') return { status: 409, body: { error: operation.error } }
    return operation.output ? { status: 200, body: operation.output } : { status: 200 }
  }

  #wait({ status, pollSeconds }: Operation): Record<string, string> {
    return status === 'InProgress' && pollSeconds !== undefined ? retryAfter(this.#world, pollSeconds) : {}
  }

  #statusUrl({ path }: Operation): string {
    return this.#url() + this.#sign(path)
  }

  #resultUrl({ path, style }: Operation): string {
    if (style === 'compute') return this.#url() + this.#sign(path.replace('?p=', '?monitor=true&p='))
    return this.#url() + this.#sign(path.replace('/operations/', '/operationResults/'))
  }

  /** Azure's are up to 4 KB long: `c` carries a certificate, `s` a signature. */
  #sign(path: string): string {
    const seed = createHmac('sha256', this.#world.secret).update(path)
    const signature = seed.digest()
    const certificate = Array.from({ length: 45 }, (_, part) =>
      createHash('sha256').update(signature).update(`${part}`),
    )
    const c = Buffer.concat(certificate.map((hash) => hash.digest())).toString('base64url')
    const s = createHash('sha512').update(signature).digest('base64url').repeat(4)
    return `${path}&t=${signature.readUInt32BE(0)}${signature.readUInt32BE(4)}&c=${c}&s=${s}&h=${signature.toString('base64url')}`
  }

  #forgetOld(): void {
    const oldest = this.#world.now().getTime() - keptMs
    for (const [id, { startedAt }] of this.#world.operations) {
      if (Date.parse(startedAt) >= oldest) return
      this.#world.operations.delete(id)
    }
  }
}

function statusBody({ id, style, status, startedAt, endedAt, output, error }: Operation): Json {
  if (style === 'network') return { status, ...(error && { error }) }
  return {
    startTime: startedAt,
    ...(endedAt !== undefined && { endTime: endedAt }),
    status,
    ...(output && { properties: { output } }),
    ...(error && { error }),
    name: id,
  }
}
