/** What a user may type about a drill, checked before anything is sent. Throws INVALID_INPUT. */
import { AzlinError } from '../errors.js'
import { validDuration } from './validation.js'

/** A check of the user's own over HTTP: `/health:8080`. */
export interface HttpCheck {
  /** With the leading slash; may have a query. */
  readonly path: string
  readonly port: number
}

const usualHttpPort = 80
const longestCommand = 2000
/** A drill costs money for as long as it waits. */
const longestCheckMs = 4 * 3_600_000
/** Whom a temporary public address lets in is named narrowly: half of the internet is not a source. */
const widestPrefix = 8

/** An IPv4 range, or one address. Gives the range with the bits beyond its length at zero. */
export function validSource(value: string, what = '--ssh-source'): string {
  const {
    a,
    b,
    c,
    d,
    bits = '32',
  } = /^(?<a>\d{1,3})\.(?<b>\d{1,3})\.(?<c>\d{1,3})\.(?<d>\d{1,3})(?:\/(?<bits>\d{1,2}))?$/.exec(value.trim())
    ?.groups ?? {}
  const parts = [a, b, c, d].map(Number)
  const length = Number(bits)
  if (!parts.every((part) => part <= 255) || length > 32)
    throw invalid(value, what, 'it needs an IPv4 address, or a range in CIDR form', '203.0.113.7/32')
  if (length < widestPrefix)
    throw invalid(value, what, `it lets in too many: at least /${widestPrefix} is needed`, '203.0.113.7/32')
  const kept = parts.map((part, i) => part & (0xff << (8 - Math.min(8, Math.max(0, length - 8 * i)))))
  return `${kept.join('.')}/${length}`
}

/** `<url-path>[:port]` */
export function validHttpCheck(value: string, what = '--check-http'): HttpCheck {
  const { path = '', port } = /^(?<path>\/.*?)(?::(?<port>\d{1,5}))?$/.exec(value)?.groups ?? {}
  const number = port === undefined ? usualHttpPort : Number(port)
  // It becomes a part of a script, and of a request.
  const plain = /^\/[A-Za-z0-9/_.~%?&=+@,;:-]{0,500}$/.test(path)
  if (plain && number >= 1 && number <= 65_535) return { path, port: number }
  throw invalid(value, what, 'it needs a path of a URL, and a port from 1 to 65535 if it is not 80', '/health:8080')
}

export function validCommand(value: string, what = '--check-command'): string {
  const printable = !/[^\P{Cc}\n\t]/u.test(value)
  if (value.trim() !== '' && value.length <= longestCommand && printable) return value
  throw invalid(value, what, `it needs a command of at most ${longestCommand} characters`, 'systemctl is-active nginx')
}

/** Milliseconds. */
export function validCheckTimeout(value: string, what = '--check-timeout'): number {
  const ms = validDuration(value, what)
  if (ms <= longestCheckMs) return ms
  throw invalid(value, what, 'it needs at most 4h', '5m')
}

export function validSshUser(value: string, what = '--ssh-user'): string {
  if (/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/.test(value)) return value
  throw invalid(value, what, 'it needs the name of a user on the VM', 'azureuser')
}

/** Whether there is such a size only Azure can say. */
export function validSize(value: string, what = '--size'): string {
  if (/^[A-Za-z][A-Za-z0-9_-]{1,63}$/.test(value)) return value
  throw invalid(value, what, 'it needs the name of a VM size', 'Standard_D2s_v5')
}

/** A rate to reach: 0 to 100. */
export function validPercent(value: string, what: string): number {
  const percent = /^\d{1,3}(\.\d{1,6})?$/.test(value) ? Number(value) : Number.NaN
  if (percent <= 100) return percent
  throw invalid(value, what, 'it needs a number from 0 to 100', '99.9')
}

function invalid(value: string, what: string, why: string, example: string): AzlinError<'INVALID_INPUT'> {
  return new AzlinError('INVALID_INPUT', { what, value, why, example })
}
