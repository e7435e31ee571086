/** Requests to a sandbox, of this process or another, as they are: without a client around them. */
import { readFileSync } from 'node:fs'
import type { AccessToken } from '@azure/core-auth'
import { createDefaultHttpClient, createPipelineRequest } from '@azure/core-rest-pipeline'
import type { Connection } from '../../src/sandbox/connection.js'

export interface Raw {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Empty when the answer was no JSON object. */
  readonly body: Record<string, unknown>
  readonly text: string
}

export type Address = Pick<Connection, 'url' | 'identityEndpoint' | 'identityHeader' | 'caFile' | 'subscriptionId'>

export class Reached {
  readonly trust: { readonly ca: string }
  readonly #address: Address
  #signedIn: Promise<AccessToken> | undefined

  constructor(address: Address) {
    this.#address = address
    this.trust = { ca: readFileSync(address.caFile, 'utf8') }
  }

  /** Id of something in the demo group, like `Microsoft.Compute/disks/data`. */
  id(rest: string, group = 'demo-rg'): string {
    return `/subscriptions/${this.#address.subscriptionId}/resourceGroups/${group}/providers/${rest}`
  }

  async raw(method: string, pathOrUrl: string, body?: unknown, headers: Record<string, string> = {}): Promise<Raw> {
    const absolute = pathOrUrl.startsWith('https:') ? pathOrUrl : this.#address.url + pathOrUrl
    const { token } = await this.token()
    const request = createPipelineRequest({ url: absolute, method: method as 'GET' })
    request.tlsSettings = this.trust
    request.headers.set('authorization', `Bearer ${token}`)
    for (const [name, value] of Object.entries(headers)) request.headers.set(name, value)
    if (body !== undefined) {
      request.headers.set('content-type', 'application/json')
      request.body = JSON.stringify(body)
    }
    const answer = await createDefaultHttpClient().sendRequest(request)
    const text = answer.bodyAsText ?? ''
    const parsed = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}
    return { status: answer.status, headers: answer.headers.toJSON(), body: parsed, text }
  }

  token(): Promise<AccessToken> {
    this.#signedIn ??= this.#signIn()
    return this.#signedIn
  }

  async #signIn(): Promise<AccessToken> {
    const { identityEndpoint, identityHeader } = this.#address
    const url = `${identityEndpoint}?api-version=2019-08-01&resource=https://management.azure.com`
    const request = createPipelineRequest({ url })
    request.tlsSettings = this.trust
    request.headers.set('x-identity-header', identityHeader)
    const answer = await createDefaultHttpClient().sendRequest(request)
    const { access_token: token, expires_on: until } = JSON.parse(answer.bodyAsText ?? '')
    return { token, expiresOnTimestamp: Number(until) * 1000 }
  }
}
