/** The one place that builds SDK clients. Each SDK module is loaded when its client is first used. */
import type { ComputeManagementClient } from '@azure/arm-compute'
import type { NetworkManagementClient } from '@azure/arm-network'
import type { ResourceManagementClient } from '@azure/arm-resources'
import type { TokenCredential } from '@azure/core-auth'
import type { HttpClient, Pipeline } from '@azure/core-rest-pipeline'
import type { Clock } from '../core/clock.js'
import type { Report } from '../core/events.js'
import type { Cloud } from './clouds.js'
import { operationsPolicy, operationsPolicyName } from './policies/operations.js'
import { readAheadPolicy } from './policies/read-ahead.js'
import { requestLogPolicy } from './policies/request-log.js'
import { retryPolicy } from './policies/retry.js'
import { tokenBoundsPolicy, tokenBoundsPolicyName } from './policies/token-bounds.js'

export interface TlsOptions {
  /** PEM. */
  readonly ca: string
}

export interface ClientSettings {
  readonly subscriptionId: string
  readonly cloud: Cloud
  readonly credential: TokenCredential
  /** What is trusted instead of Node's own authorities. */
  readonly tlsOptions: TlsOptions | undefined
  /** Connections are pooled in it, and by `tlsOptions`. */
  readonly http: () => Promise<HttpClient>
  readonly clock: Clock
  readonly report: Report
}

export class Clients {
  readonly subscriptionId: string
  readonly #settings: ClientSettings
  readonly #options
  #compute: Promise<ComputeManagementClient> | undefined
  #network: Promise<NetworkManagementClient> | undefined
  #resources: Promise<ResourceManagementClient> | undefined

  constructor(settings: ClientSettings) {
    this.subscriptionId = settings.subscriptionId
    this.#settings = settings
    this.#options = {
      endpoint: settings.cloud.endpoint,
      // The SDK's own retries repeat what must not be repeated; ours take their place.
      retryOptions: { maxRetries: 0 },
      ...(settings.tlsOptions && { tlsOptions: settings.tlsOptions }),
    }
  }

  compute(): Promise<ComputeManagementClient> {
    this.#compute ??= (async () => {
      const { ComputeManagementClient } = await import('@azure/arm-compute')
      const { credential, subscriptionId, cloud } = this.#settings
      const client = new ComputeManagementClient(credential, subscriptionId, {
        ...this.#options,
        httpClient: await this.#settings.http(),
        credentials: { scopes: [cloud.scope] },
      })
      // The other clients write the URL of a page anew, so one would not know it again.
      client.pipeline.addPolicy(readAheadPolicy())
      return this.#equip(client)
    })()
    return this.#compute
  }

  network(): Promise<NetworkManagementClient> {
    this.#network ??= (async () => {
      const { NetworkManagementClient } = await import('@azure/arm-network')
      const { credential, subscriptionId, cloud } = this.#settings
      const client = new NetworkManagementClient(credential, subscriptionId, {
        ...this.#options,
        httpClient: await this.#settings.http(),
        credentialScopes: cloud.scope,
      })
      return this.#equip(client)
    })()
    return this.#network
  }

  resources(): Promise<ResourceManagementClient> {
    this.#resources ??= (async () => {
      const { ResourceManagementClient } = await import('@azure/arm-resources')
      const { credential, subscriptionId, cloud } = this.#settings
      const client = new ResourceManagementClient(credential, subscriptionId, {
        ...this.#options,
        httpClient: await this.#settings.http(),
        credentialScopes: cloud.scope,
      })
      return this.#equip(client)
    })()
    return this.#resources
  }

  /**
   * GET of something that the installed SDK clients have no words for. Gives the parsed body; the
   * path begins with `/subscriptions`, or is a `nextLink`.
   */
  async read(pathOrUrl: string, abortSignal: AbortSignal): Promise<unknown> {
    const { createPipelineRequest } = await import('@azure/core-rest-pipeline')
    const { pipeline } = await this.compute()
    const url = pathOrUrl.startsWith('/') ? `${this.#settings.cloud.endpoint}${pathOrUrl}` : pathOrUrl
    const request = createPipelineRequest({ url, abortSignal })
    request.headers.set('accept', 'application/json')
    const { status, bodyAsText } = await pipeline.sendRequest(await this.#settings.http(), request)
    if (status !== 200) throw new Error(`it answered ${status}`)
    return JSON.parse(bodyAsText ?? '')
  }

  /** Text behind a signed link. The link is the whole permission, so no token goes with it. */
  async download(url: string, abortSignal: AbortSignal): Promise<string> {
    const { createEmptyPipeline, createPipelineRequest } = await import('@azure/core-rest-pipeline')
    const { clock, report } = this.#settings
    const pipeline = createEmptyPipeline()
    pipeline.addPolicy(operationsPolicy(clock))
    pipeline.addPolicy(retryPolicy(clock, report), { afterPolicies: [operationsPolicyName] })
    const request = createPipelineRequest({ url, abortSignal })
    if (this.#options.tlsOptions) request.tlsSettings = this.#options.tlsOptions
    const { status, bodyAsText } = await pipeline.sendRequest(await this.#settings.http(), request)
    if (status !== 200) throw new Error(`it answered ${status}`)
    return bodyAsText ?? ''
  }

  async #equip<C extends { readonly pipeline: Pipeline }>(client: C): Promise<C> {
    const { bearerTokenAuthenticationPolicy, bearerTokenAuthenticationPolicyName } = await import(
      '@azure/core-rest-pipeline'
    )
    const { clock, report, cloud, credential } = this.#settings
    const { pipeline } = client
    pipeline.addPolicy(operationsPolicy(clock), { phase: 'Retry' })
    pipeline.addPolicy(retryPolicy(clock, report), { phase: 'Retry', afterPolicies: [operationsPolicyName] })
    // Signed anew at each attempt: the token may run out while a retry waits.
    pipeline.removePolicy({ name: bearerTokenAuthenticationPolicyName })
    pipeline.addPolicy(tokenBoundsPolicy(cloud), { phase: 'Sign' })
    pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: cloud.scope }), {
      phase: 'Sign',
      afterPolicies: [tokenBoundsPolicyName],
    })
    pipeline.addPolicy(requestLogPolicy(clock, report), { afterPhase: 'Sign' })
    return client
  }
}
