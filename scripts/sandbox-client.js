/** A plain client of a running sandbox, with nothing of azlin and nothing of the SDK in it. */
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'

const atOnce = 16

export class SandboxClient {
  #connection
  #agent
  #token

  /** `home` is azlin's state folder. */
  constructor(home) {
    this.#connection = JSON.parse(readFileSync(join(home, 'sandbox', 'connection.json'), 'utf8'))
    this.#agent = new Agent({ ca: readFileSync(this.#connection.caFile), keepAlive: true, maxSockets: atOnce })
  }

  /** What steers the sandbox itself. */
  control(method, what, body) {
    const key = { 'x-sandbox-key': this.#connection.identityHeader }
    return this.#ask(method, `${this.#connection.url}/sandbox/${what}`, key, body)
  }

  async signIn() {
    const { identityEndpoint, identityHeader } = this.#connection
    const query = 'api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com'
    const answer = await this.#ask('GET', `${identityEndpoint}?${query}`, { 'x-identity-header': identityHeader })
    this.#token = answer.access_token
  }

  /** Of a VM's own disk and nobody's backup: what a list can tell from backups least easily. */
  async makeSnapshots(count) {
    const disk = (await this.#arm('GET', `${this.#group()}/disks?api-version=2025-01-02`)).value[0]
    let made = 0
    const worker = async () => {
      while (made < count) {
        const name = `bench-${String(made++).padStart(5, '0')}`
        await this.#arm('PUT', `${this.#group()}/snapshots/${name}?api-version=2025-01-02`, {
          location: disk.location,
          tags: { purpose: 'bench', 'made-by': 'bench', note: 'a tag as long as tags in real groups tend to be' },
          properties: { creationData: { createOption: 'Copy', sourceResourceId: disk.id } },
        })
      }
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
  }

  /** Reads every page of the group's snapshots and throws the answers away. */
  async readSnapshots() {
    let next = `${this.#connection.url}${this.#group()}/snapshots?api-version=2025-01-02`
    while (next) next = (await this.#ask('GET', next, this.#signed())).nextLink
  }

  #group() {
    const { subscriptionId, resourceGroup } = this.#connection
    return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute`
  }

  #arm(method, path, body) {
    return this.#ask(method, `${this.#connection.url}${path}`, this.#signed(), body)
  }

  #signed() {
    return { authorization: `Bearer ${this.#token}` }
  }

  #ask(method, url, headers, body) {
    return new Promise((resolve, reject) => {
      const json = body && { 'content-type': 'application/json' }
      const asked = request(url, { method, agent: this.#agent, headers: { ...headers, ...json } }, (answer) => {
        const parts = []
        answer.on('data', (part) => parts.push(part))
        answer.on('error', reject)
        answer.on('end', () => {
          const text = Buffer.concat(parts).toString()
          const wait = Number(answer.headers['retry-after'])
          if (answer.statusCode < 300) resolve(text === '' ? undefined : JSON.parse(text))
          else if (answer.statusCode === 429 && wait > 0)
            setTimeout(() => resolve(this.#ask(method, url, headers, body)), wait * 1000)
          else reject(new Error(`${method} ${url}: ${answer.statusCode} ${text}`))
        })
      })
      asked.on('error', reject)
      asked.end(body && JSON.stringify(body))
    })
  }
}
