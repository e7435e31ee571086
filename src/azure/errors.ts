/**
 * Whatever the SDK throws leaves the adapters as an AzlinError. This is the only place that looks at
 * the SDK's errors; the `cause` holds a request with its headers, so nothing may print it.
 */
import { AzlinError } from '../core/errors.js'
import type { Call, Task } from './call.js'
import { networkCode, networkTrouble } from './network-trouble.js'
import { redact } from './redact.js'
import { refused } from './refusals.js'

export function translate(task: Task, error: unknown, call: Pick<Call, 'refusal' | 'failure'>): AzlinError {
  if (AzlinError.is(error)) return error
  const cause = { cause: error }

  if (networkTrouble(error)) return unreachable(task, error, cause)
  const refusal = call.refusal ?? call.failure
  if (refusal) return refused(task, refusal, cause)

  return new AzlinError(
    'AZURE_REJECTED',
    { what: task.doing, code: '', reason: `its answer makes no sense: ${complaintOf(error)}` },
    cause,
  )
}

/**
 * A TypeError speaks of the SDK's variables: a proxy's page came, for one, where a list was to come. And what is not
 * JSON comes whole in the SDK's complaint about it.
 */
function complaintOf(error: unknown): string {
  const isNoJson = error instanceof Error && 'code' in error && error.code === 'PARSE_ERROR'
  if (isNoJson || error instanceof SyntaxError || error instanceof TypeError)
    return 'it is not of the form that Azure gives. A proxy may have answered instead.'
  return redact(error instanceof Error ? error.message : String(error))
}

const wordings: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name cannot be resolved',
  EAI_AGAIN: 'its name cannot be resolved just now',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'there was no answer',
  ENETUNREACH: 'the network cannot be reached',
  EHOSTUNREACH: 'the host cannot be reached',
  PARSE_ERROR: 'the connection was cut in the middle of an answer',
}

function unreachable(task: Task, error: unknown, cause: ErrorOptions): AzlinError {
  const code = networkCode(error) ?? 'ETIMEDOUT'
  const said = error instanceof Error ? redact(error.message) : ''
  const reason =
    networkTrouble(error) === 'untrusted'
      ? `its certificate is not trusted (${code}); NODE_EXTRA_CA_CERTS can name a file with the authority's`
      : (wordings[code] ?? `${said} (${code})`)
  return new AzlinError('NETWORK', { what: task.doing, host: hostOf(error), reason }, cause)
}

function hostOf(error: unknown): string {
  const request = error instanceof Error && 'request' in error ? error.request : undefined
  if (typeof request !== 'object' || request === null || !('url' in request)) return 'Azure'
  return typeof request.url === 'string' ? new URL(request.url).host : 'Azure'
}

/** Failures of the credential. They come as many classes; the name says which way of signing in it was. */
export function notSignedIn(error: unknown): AzlinError {
  if (AzlinError.is(error)) return error
  return new AzlinError('NOT_SIGNED_IN', { reason: signInReason(error) }, { cause: error })
}

const notSetUp =
  /unavailable|unreachable|unable to execute|(not|n't) (be )?(found|installed|available|configured)|please run/i

function signInReason(error: unknown): string {
  if (!(error instanceof Error)) return 'the sign-in failed.'
  const tried = 'errors' in error && Array.isArray(error.errors) ? error.errors : [error]
  // A credential that is not set up is no news; one that was tried and refused is.
  const telling =
    tried.find((one: unknown) => one instanceof Error && isOfIdentity(one)) ??
    tried.find((one: unknown) => one instanceof Error && !notSetUp.test(one.message))
  if (!(telling instanceof Error)) return 'no credential was found in the environment, a managed identity or az.'
  const [first = ''] = telling.message.split(/\r?\n/).filter((line) => line.trim() !== '')
  if (/network_error/.test(first)) return 'the managed identity cannot be reached, or its certificate is not trusted.'
  // The SDK reads its answer without a look at whether there is one.
  if (/Cannot read properties of /.test(first))
    return "the managed identity's answer is not of the form that Azure gives."
  // How the managed identity's own words come wrapped.
  const { said } = /^\w+: .* - Description: (?<said>.+?) - Correlation ID: /.exec(first)?.groups ?? {}
  return redact(said === undefined ? first : `the managed identity was refused: ${said}`)
}

/** Where the environment names the endpoint of a managed identity there is one, whatever its failure is called. */
function isOfIdentity({ message }: Error): boolean {
  const isThere = ['IDENTITY_ENDPOINT', 'MSI_ENDPOINT'].some((name) => process.env[name])
  return isThere && message.startsWith('ManagedIdentityCredential')
}
