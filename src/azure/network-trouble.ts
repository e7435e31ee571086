/** Tells by what it is, and not by its wording, whether an error came from the network. */

const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL'])
const untrusted = /^(CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|HOSTNAME_MISMATCH|EPROTO)/

export type NetworkTrouble = 'notSent' | 'dropped' | 'untrusted'

/** The system's or OpenSSL's code of a network error, as in `ECONNRESET`. */
export function networkCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  return 'statusCode' in error && error.statusCode !== undefined ? undefined : error.code
}

export function networkTrouble(error: unknown): NetworkTrouble | undefined {
  if (!(error instanceof Error)) return undefined
  // An attempt that took too long. One that the caller ended never gets as far as here.
  if (error.name === 'AbortError') return 'dropped'
  const code = networkCode(error)
  if (code === undefined || error.name !== 'RestError') return undefined
  if (untrusted.test(code)) return 'untrusted'
  return neverSent.has(code) ? 'notSent' : 'dropped'
}
