/** The one credential: DefaultAzureCredential with its own environment, loaded when the first token is asked for. */
import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth'
import type { HttpClient } from '@azure/core-rest-pipeline'
import { inTime } from '../core/time-limit.js'
import type { TlsOptions } from './clients.js'
import { notSignedIn } from './errors.js'

export interface SignIn {
  readonly authorityHost: string | undefined
  /** What is trusted instead of Node's own authorities. */
  readonly tlsOptions: TlsOptions | undefined
  /** Connections are pooled in it, and by `tlsOptions`. */
  readonly http: () => Promise<HttpClient>
  /** The sandbox's managed identity. */
  readonly identity: { readonly endpoint: string; readonly header: string } | undefined
}

/** A token that has less than this left is renewed. */
const marginMs = 5 * 60_000
/** Some ways of signing in have no limit of their own. */
const signInMs = 2 * 60_000

/**
 * Each SDK client asks for itself, and some ways of signing in run a program each time; so tokens are
 * kept here, in memory only, for all of them.
 */
export class SharedCredential implements TokenCredential {
  readonly #signIn: SignIn
  readonly #tokens = new Map<string, Promise<AccessToken>>()
  #credential: Promise<TokenCredential> | undefined

  constructor(signIn: SignIn) {
    this.#signIn = signIn
  }

  async getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken> {
    const key = JSON.stringify([scopes, options?.tenantId, options?.claims])
    const kept = await this.#tokens.get(key)?.catch(() => undefined)
    if (kept && kept.expiresOnTimestamp - Date.now() > marginMs) return kept

    // Without the caller's signal: others may be waiting for the same token.
    const { abortSignal: _mine, ...shared } = options ?? {}
    const asked = this.#ask(scopes, shared)
    this.#tokens.set(key, asked)
    return asked
  }

  async #ask(scopes: string | string[], options: GetTokenOptions): Promise<AccessToken> {
    try {
      this.#credential ??= load(this.#signIn)
      const credential = await this.#credential
      const late = new Error('no token came within two minutes.')
      const token = await inTime(credential.getToken(scopes, options), signInMs, late)
      if (token === null) throw new Error('no token was given')
      return token
    } catch (error) {
      throw notSignedIn(error)
    }
  }
}

async function load({ authorityHost, tlsOptions, http, identity }: SignIn): Promise<TokenCredential> {
  if (identity) lendEnvironment(identity)
  const { DefaultAzureCredential } = await import('@azure/identity')
  return new DefaultAzureCredential({
    httpClient: await http(),
    ...(authorityHost && { authorityHost }),
    ...(tlsOptions && { tlsOptions }),
    // On this very computer it answers or it is not there.
    ...(identity && { retryOptions: { maxRetries: 0 } }),
  })
}

/** The credential reads its settings from the environment and from nowhere else, so that is where the sandbox's go. */
function lendEnvironment({ endpoint, header }: { endpoint: string; header: string }): void {
  Object.assign(process.env, {
    IDENTITY_ENDPOINT: endpoint,
    IDENTITY_HEADER: header,
    // Not `ManagedIdentityCredential`: named alone it is made without the options, and so without the trust in them.
    AZURE_TOKEN_CREDENTIALS: 'prod',
  })
  // What would make it look elsewhere.
  for (const other of ['AZURE_CLIENT_ID', 'AZURE_FEDERATED_TOKEN_FILE', 'IDENTITY_SERVER_THUMBPRINT', 'MSI_ENDPOINT'])
    delete process.env[other]
}
