/**
 * What a user may type, checked before anything is sent. Each function gives back
 * the value to work with or throws INVALID_INPUT with what was wrong and an example
 * of what is right.
 */
import { AzlinError } from '../errors.js'

/** Azure Backup's own bound on recovery points; three of these still fit into the schedule's tag. */
const mostKept = 9_999
/** A year, in hours. */
export const longestInterval = 8_760

/** Azure: 1 to 64 characters, no final `-` or `.`. */
export function validVmName(value: string, what = 'VM name'): string {
  const rule = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?$/
  const why = 'it needs 1 to 64 letters, digits, "_", "." or "-", a letter or digit first, and no "-" or "." last'
  return matching(value, rule, { what, why, example: 'web-1' })
}

/** Azure: 1 to 90 letters (of any script), digits, `_`, `-`, `.`, parentheses; no final `.`. */
export function validResourceGroup(value: string, what = 'Resource group'): string {
  const rule = /^[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]$/u
  const why = 'it needs 1 to 90 letters, digits, "_", "-", "." or parentheses, and no "." last'
  return matching(value, rule, { what, why, example: 'demo-rg' })
}

/** A snapshot, a backup or a disk. */
export function validSnapshotName(value: string, what = 'Snapshot name'): string {
  const rule = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?$/
  const why = 'it needs 1 to 80 letters, digits, "_", "." or "-", a letter or digit first, and no "-" or "." last'
  return matching(value, rule, { what, why, example: 'web-1-backup-daily-20261123-010203' })
}

/** The ARM id of a subnet. */
export function validSubnetId(value: string, what = 'Subnet'): string {
  const rule =
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft.Network\/virtualNetworks\/[^/]+\/subnets\/[^/]+$/i
  const example =
    '/subscriptions/…/resourceGroups/net-rg/providers/Microsoft.Network/virtualNetworks/vnet/subnets/default'
  return matching(value, rule, { what, why: 'it needs the whole resource id of a subnet', example })
}

/** The ARM id of a disk encryption set. */
export function validEncryptionSetId(value: string, what = 'Disk encryption set'): string {
  const rule =
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft.Compute\/diskEncryptionSets\/[^/]+$/i
  const example = '/subscriptions/…/resourceGroups/keys-rg/providers/Microsoft.Compute/diskEncryptionSets/eastus2-keys'
  return matching(value, rule, { what, why: 'it needs the whole resource id of a disk encryption set', example })
}

/** Gives the programmatic name: `West US 2` becomes `westus2`. Whether there is such a region only Azure can say. */
export function validRegion(value: string, what = 'Region'): string {
  const name = value.toLowerCase().replaceAll(' ', '')
  if (/^[a-z][a-z0-9]{2,49}$/.test(name)) return name
  throw invalid(value, { what, why: 'it needs letters and digits only', example: 'westus2' })
}

/** A whole number, typed as such: no sign, point or exponent. */
export function validCount(value: string, what: string, least: number, most = mostKept): number {
  const count = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
  if (count >= least && count <= most) return count
  throw invalid(value, {
    what,
    why: `it needs a whole number from ${least} to ${most}`,
    example: String(Math.min(Math.max(7, least), most)),
  })
}

export function isRetention(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= mostKept
}

/** A day, or a day and a time. Without a zone it is UTC. */
export function validTime(value: string, what = 'Time'): Date {
  const parts = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?)?$/i.exec(value.trim())
  const [, day = '', minutes = '00:00', seconds = ':00', fraction = '', zone = 'Z'] = parts ?? []
  const at = new Date(`${day}T${minutes}${seconds}${fraction.slice(0, 4)}${zone.toUpperCase()}`)
  // Date turns 30 February into 2 March.
  if (!Number.isNaN(+at) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day)) return at
  throw invalid(value, { what, why: 'it needs an ISO 8601 time', example: '2026-11-23T01:02:03Z' })
}

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const longestMs = 3_660 * 86_400_000

/** Milliseconds of a span such as `90m`, `24h`, `7d`, `2w`; at most ten years. */
export function validDuration(value: string, what = 'Duration'): number {
  const { digits = '', unit = '' } = /^(?<digits>\d{1,7})(?<unit>[mhdw])$/i.exec(value.trim())?.groups ?? {}
  const ms = Number(digits) * (unitMs[unit.toLowerCase()] ?? Number.NaN)
  if (ms > 0 && ms <= longestMs) return ms
  throw invalid(value, { what, why: 'it needs a number and one of m, h, d, w, at most ten years', example: '7d' })
}

interface Complaint {
  readonly what: string
  readonly why: string
  readonly example: string
}

function matching(value: string, rule: RegExp, complaint: Complaint): string {
  if (rule.test(value)) return value
  throw invalid(value, complaint)
}

function invalid(value: string, { what, why, example }: Complaint): AzlinError<'INVALID_INPUT'> {
  return new AzlinError('INVALID_INPUT', { what, value, why, example })
}
