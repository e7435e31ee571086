/** An HTTPS server that answers what a test tells it to, and remembers what it was asked. With a managed identity. */
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'

export interface Asked {
  readonly method: string
  /** Path and query, as they came over the wire. */
  readonly url: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
}

export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** JSON, or text or bytes as they are. */
  readonly body?: unknown
  /** So many bytes of the body are sent, and then the connection is cut. */
  readonly cutAfter?: number
}

/** `drop` cuts the connection, `never` keeps it open without an answer. */
export type Script = Answer | 'drop' | 'never' | ((asked: Asked) => Answer | 'drop' | 'never')

interface Rule {
  readonly method: string
  readonly path: RegExp
  readonly scripts: Script[]
}

let certificate: Promise<{ private: string; cert: string }> | undefined

function newCertificate(): Promise<{ private: string; cert: string }> {
  return generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keySize: 2048,
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  })
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body
  return Buffer.from(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body))
}

export class ScriptedAzure {
  readonly asked: Asked[] = []
  tokensGiven = 0
  tokenScript: Answer | undefined
  readonly #server: Server
  readonly #rules: Rule[] = []
  readonly caPem: string

  constructor(server: Server, caPem: string) {
    this.#server = server
    this.caPem = caPem
  }

  /** With the certificate that all of them have, or with one of its own. */
  static async start({ fresh = false } = {}): Promise<ScriptedAzure> {
    certificate ??= newCertificate()
    const { private: key, cert } = await (fresh ? newCertificate() : certificate)
    const server = createServer({ key, cert })
    const azure = new ScriptedAzure(server, cert)
    server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { method = '', url = '', headers } = request
        const text = Buffer.concat(chunks).toString()
        const asked = { method, url, path: url.split('?')[0] ?? '', headers, body: text ? JSON.parse(text) : undefined }
        const answer = azure.#answer(asked)
        if (answer === 'never') return
        if (answer === 'drop') return void request.socket.destroy()
        const { status = 200, body, cutAfter } = answer
        const bytes = bytesOf(body)
        response.writeHead(status, { 'content-type': 'application/json', ...answer.headers })
        if (cutAfter === undefined) response.end(bytes)
        else response.write(bytes.subarray(0, cutAfter), () => request.socket.destroy())
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return azure
  }

  get endpoint(): string {
    const { port } = this.#server.address() as AddressInfo
    return `https://127.0.0.1:${port}`
  }

  /** Answers for a method and the end of a path, one after the other; the last one stays. Later rules win. */
  on(method: string, path: RegExp, ...scripts: Script[]): this {
    this.#rules.unshift({ method, path, scripts })
    return this
  }

  /** `METHOD path` of every request. */
  get lines(): string[] {
    return this.asked.map(({ method, path }) => `${method} ${path}`)
  }

  /** Forgets what it was told and what it was asked. One server serves a whole test file, as the SDK keeps its sign-in. */
  reset(): void {
    this.asked.length = 0
    this.#rules.length = 0
    this.tokenScript = undefined
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #answer(asked: Asked): Answer | 'drop' | 'never' {
    if (asked.path === '/identity') {
      this.tokensGiven++
      const expires = Math.floor(Date.now() / 1000) + 3600
      return (
        this.tokenScript ?? {
          body: { access_token: 'a.b.c', expires_on: String(expires), resource: 'x', token_type: 'Bearer' },
        }
      )
    }
    this.asked.push(asked)
    const rule = this.#rules.find(({ method, path }) => method === asked.method && path.test(asked.path))
    if (!rule) return { status: 501, body: { error: { code: 'Unscripted', message: `${asked.method} ${asked.url}` } } }
    const script = rule.scripts.length > 1 ? rule.scripts.shift() : rule.scripts[0]
    return typeof script === 'function' ? script(asked) : (script ?? {})
  }
}
