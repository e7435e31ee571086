/** A sandbox for one test file, with the real clients of the Azure SDK pointed at it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ComputeManagementClient } from '@azure/arm-compute'
import { ResourceManagementClient } from '@azure/arm-resources'
import type { AccessToken, TokenCredential } from '@azure/core-auth'
import { createDefaultHttpClient, createPipelineRequest } from '@azure/core-rest-pipeline'
import { type RunningSandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server.js'

/** Polls come at once; what the server asks for is rounded down to nothing at this speed. */
export const quick = { updateIntervalInMs: 5 }
const speed = 2000

export interface Raw {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Empty when the answer was no JSON object. */
  readonly body: Record<string, unknown>
  readonly text: string
}

export class Running {
  readonly sandbox: RunningSandbox
  readonly home: string
  readonly compute: ComputeManagementClient
  readonly resources: ResourceManagementClient
  readonly credential: TokenCredential
  readonly #trust: { readonly ca: string }
  #signedIn: Promise<AccessToken> | undefined

  private constructor(home: string, sandbox: RunningSandbox) {
    this.home = home
    this.sandbox = sandbox
    this.#trust = { ca: readFileSync(sandbox.caFile, 'utf8') }
    this.credential = { getToken: () => this.#token() }
    const tlsOptions = this.#trust
    const retryOptions = { maxRetries: 0 }
    const { url, subscriptionId } = sandbox
    const cloudSetting = 'AZURE_PUBLIC_CLOUD'
    this.compute = new ComputeManagementClient(this.credential, subscriptionId, {
      cloudSetting,
      endpoint: url,
      tlsOptions,
      retryOptions,
    })
    this.resources = new ResourceManagementClient(this.credential, subscriptionId, {
      endpoint: url,
      tlsOptions,
      retryOptions,
    })
  }

  static async start(options: Partial<SandboxOptions> = {}): Promise<Running> {
    const home = options.home ?? mkdtempSync(join(tmpdir(), 'azlin-sandbox-'))
    return new Running(home, await startSandbox({ speed, ...options, home }))
  }

  /** Stops and removes it. */
  async end(): Promise<void> {
    await this.sandbox.close()
    rmSync(this.home, { recursive: true })
  }

  /** Id of something in the demo group, like `Microsoft.Compute/disks/data`. */
  id(rest: string, group = 'demo-rg'): string {
    return `/subscriptions/${this.sandbox.subscriptionId}/resourceGroups/${group}/providers/${rest}`
  }

  /** A request as it is, without a client around it. */
  async raw(method: string, pathOrUrl: string, body?: unknown, headers: Record<string, string> = {}): Promise<Raw> {
    const absolute = pathOrUrl.startsWith('https:') ? pathOrUrl : this.sandbox.url + pathOrUrl
    const { token } = await this.#token()
    const request = createPipelineRequest({ url: absolute, method: method as 'GET' })
    request.tlsSettings = this.#trust
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

  #token(): Promise<AccessToken> {
    this.#signedIn ??= this.#signIn()
    return this.#signedIn
  }

  async #signIn(): Promise<AccessToken> {
    const { identityEndpoint, identityHeader } = this.sandbox
    const url = `${identityEndpoint}?api-version=2019-08-01&resource=https://management.azure.com`
    const request = createPipelineRequest({ url })
    request.tlsSettings = this.#trust
    request.headers.set('x-identity-header', identityHeader)
    const answer = await createDefaultHttpClient().sendRequest(request)
    const { access_token: token, expires_on: until } = JSON.parse(answer.bodyAsText ?? '')
    return { token, expiresOnTimestamp: Number(until) * 1000 }
  }
}

/** What a promise was refused with, or undefined when it was not. */
export async function refusal(
  work: Promise<unknown>,
): Promise<{ statusCode?: number; code?: string; message: string }> {
  try {
    await work
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('it was not refused')
}
