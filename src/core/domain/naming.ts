/**
 * Names of what azlin makes. Azure's rule for snapshots, and the narrowest of those
 * met here: 1 to 80 of letters, digits, `_`, `.`, `-`; a letter or digit first, a
 * letter, digit or `_` last (Azure resource name rules).
 */
import type { Tier } from './backup.js'
import { fingerprint } from './hash.js'

const longest = 80
const fingerprintLength = 10

/** `YYYYMMDD-HHMMSS`, UTC. */
export function stampOf(at: Date): string {
  return at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
}

/** The moment a name was stamped with: the last stamp in it. Undefined when there is none, or when it is no real moment. */
export function momentIn(name: string): Date | undefined {
  const stamps = [...name.matchAll(/(?<!\d)(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)(?!\d)/g)]
  const [stamp, year, month, day, hour, minute, second] = stamps.at(-1) ?? []
  if (stamp === undefined) return undefined
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  // Date turns 30 February into 2 March.
  return !Number.isNaN(+at) && stampOf(at) === stamp ? at : undefined
}

/**
 * A name cut to `room` characters (at least 12). One that fits and is plain stays as it
 * is; any other becomes a prefix and a fingerprint of the whole, so that two long names
 * stay two names. Azure compares names without case: the fingerprint does too.
 */
export function shortened(name: string, room: number): string {
  const plain = name.replaceAll(/[^A-Za-z0-9_.-]/g, '-')
  if (plain === name && name.length <= room && /^[A-Za-z0-9]/.test(name)) return name
  const prefix = plain.replace(/^[^A-Za-z0-9]+/, '').slice(0, room - fingerprintLength - 1)
  return `${prefix}${prefix ? '-' : ''}${fingerprint(name.toLowerCase())}`
}

/** Only the first part gives way: what follows it says what the thing is. */
function fitted(first: string, rest: string): string {
  return `${shortened(first, longest - rest.length)}${rest}`
}

function place(lun: number | null): string {
  return lun === null ? '' : `-lun${lun}`
}

/** `{vm}-backup-{tier}-{stamp}`; with a LUN, the name of that data disk's snapshot. */
export function backupName(vm: string, tier: Tier, at: Date, lun: number | null = null): string {
  return fitted(vm, `-backup-${tier}-${stampOf(at)}${place(lun)}`)
}

/** `{vm}-snapshot-{stamp}`; with a LUN, the name of that data disk's snapshot. */
export function snapshotSetName(vm: string, at: Date, lun: number | null = null): string {
  return fitted(vm, `-snapshot-${stampOf(at)}${place(lun)}`)
}

/**
 * The name of a snapshot's copy in another region: `{source}-{region}`, a data disk's LUN last. It differs from the
 * source's, as both may lie in one group, and from that of the copy in a third region.
 */
export function replicaName(source: string, region: string, lun: number | null): string {
  const end = place(lun)
  const whole = end !== '' && source.toLowerCase().endsWith(end) ? source.slice(0, -end.length) : source
  return fitted(whole, `-${region}${end}`)
}

/** `{vm}-{os|lunN}-{stamp}`; with a token, that and no other's of the same second. */
export function restoredDiskName(vm: string, lun: number | null, at: Date, token?: string): string {
  const own = token === undefined ? '' : `-${token}`
  return fitted(vm, `-${lun === null ? 'os' : `lun${lun}`}-${stampOf(at)}${own}`)
}

/** `{vm}-nic`: of the interface that a VM beside another, or a failover, gets. */
export function restoredNicName(vm: string): string {
  return fitted(vm, '-nic')
}

/** `{snapshot}-verify-{stamp}-{token}`: the disk that a snapshot is verified with. Two of one second are two disks. */
export function verifyDiskName(snapshot: string, at: Date, token: string): string {
  return fitted(snapshot, `-verify-${stampOf(at)}-${token}`)
}

/** The LUN that a data disk's snapshot is named for. */
export function lunIn(name: string): number | undefined {
  const digits = /-lun(\d{1,2})$/i.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
