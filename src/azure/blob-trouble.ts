/** What the blob service's refusals mean. It answers in XML, with its code in a header. */
import { AzlinError } from '../core/errors.js'
import { networkCode, networkTrouble } from './network-trouble.js'
import { redact } from './redact.js'

/** The connection broke while the bytes came. */
export function isBroken(error: unknown): boolean {
  return error instanceof Error && (statusOf(error) ?? 200) < 300
}

export function blobTrouble(what: string, error: unknown): AzlinError {
  const cause = { cause: error }
  const status = statusOf(error)
  if (status === undefined || status < 300) {
    const code = networkTrouble(error) && networkCode(error)
    const reason = code ? `the connection failed (${code})` : 'the connection was cut in the middle of an answer'
    return new AzlinError('NETWORK', { what, host: "The disk's storage account", reason }, cause)
  }
  const code = codeOf(error)
  if (status === 429) return new AzlinError('THROTTLED', { what, seconds: 0 }, cause)
  if (status === 408 || status >= 500) return new AzlinError('AZURE_UNAVAILABLE', { what, reason: code }, cause)
  if (status === 401 || status === 403) {
    const reason = `the access link alone is not enough, or no longer valid (${code})`
    return new AzlinError('READ_REFUSED', { what, reason }, cause)
  }
  const reason = status === 404 ? 'there is no blob behind the link' : `it answered ${status}`
  return new AzlinError('AZURE_REJECTED', { what, code: redact(code), reason }, cause)
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined
  return typeof error.statusCode === 'number' ? error.statusCode : undefined
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  return code === '' ? `status ${statusOf(error)}` : code
}
