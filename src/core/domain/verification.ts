/** What a verification is, what it found, and what that says about the backup. */
import type { AzlinError } from '../errors.js'
import type { Backup, Proof, ProofLevel } from './backup.js'
import type { Slice } from './disk-image/slices.js'
import type { Disk, VmRef } from './machine.js'
import type { Snapshot } from './snapshot.js'

/** How much is read: headers and a sample; everything; the k-th part of everything. */
export type Depth = 'usual' | 'deep' | Slice

/** `usual`, `deep`, `2/8` */
export function depthName(depth: Depth): string {
  return typeof depth === 'string' ? depth : `${depth.part}/${depth.of}`
}

/**
 * What is wrong with the backup itself. `plain`: every verification sees it. `hidden`: only one that reads all of it
 * does. `changed`: the snapshot does not hold any more what it held.
 */
export type Fault = 'plain' | 'hidden' | 'changed'

export interface VerifyOptions {
  readonly depth: Depth
  /** A disk that a policy keeps from being read is not held against the backup. */
  readonly allowUnread: boolean
  /** A data disk that was emptied on purpose is not held against it. */
  readonly allowBlank: boolean
  /** Disks that their owner closed to export are read all the same, through a link of a temporary one. */
  readonly allowExport: boolean
}

/** What was found of one disk. What was not come to stays at its first value. */
export interface DiskVerdict {
  readonly snapshot: Pick<Snapshot, 'id' | 'name' | 'createdAt'>
  /** Null for the OS disk. */
  readonly lun: number | null
  /** Of the disk that was backed up, where the backup says it. */
  readonly diskName: string | undefined
  /** When the backup was begun. */
  readonly takenAt: Date
  readonly sizeGb: number
  /** Name of the temporary disk. */
  readonly testDisk: string
  readonly created: boolean
  readonly deleted: boolean
  /** Undefined: there was no disk to look at. */
  readonly sizeMatches: boolean | undefined
  /** Undefined: it was not read, and `unread` or `problems` says why. */
  readonly readable: boolean | undefined
  /** Why its bytes could not be looked at, which says nothing about them. */
  readonly unread: string | undefined
  /** What it holds, in a sentence. */
  readonly content: string | undefined
  /** All zero wherever a table or file system could be. */
  readonly blank: boolean
  /** Sentences; none: nothing is wrong. */
  readonly problems: readonly string[]
  readonly notes: readonly string[]
  readonly bytesRead: number
  readonly allocatedBytes: number | undefined
  /** Requests to the blob. */
  readonly requests: number
  /** SHA-256 of everything that was to be read, at a deep verification or a slice of one. */
  readonly digest: string | undefined
  /** The first digest of the same part of this snapshot, where there is one. */
  readonly earlier: { readonly digest: string; readonly at: Date } | undefined
  /** It is blank, its disk was not, and the caller knows of it. */
  readonly blankAllowed: boolean
  /** Undefined: the backup itself is not at fault. */
  readonly fault: Fault | undefined
  /** This verification found nothing wrong; what an earlier one found is held against the backup all the same. */
  readonly recalled: boolean
  /** What stood between. */
  readonly error: AzlinError | undefined
}

export interface Verification {
  readonly backup: string
  readonly vm: VmRef
  readonly region: string
  readonly depth: string
  /** When it ended. */
  readonly verifiedAt: Date
  readonly success: boolean
  /** Undefined where not every disk was read. */
  readonly diskReadable: boolean | undefined
  readonly sizeMatches: boolean | undefined
  readonly testDiskCreated: boolean
  readonly testDiskDeleted: boolean
  readonly errorMessage: string | undefined
  readonly seconds: number
  readonly disks: readonly DiskVerdict[]
}

/** What of all disks counts for the backup. `allowUnread`: a disk that nobody may read is not held against it. */
export function verdictOn(
  disks: readonly DiskVerdict[],
  allowUnread: boolean,
): Pick<
  Verification,
  'success' | 'diskReadable' | 'sizeMatches' | 'testDiskCreated' | 'testDiskDeleted' | 'errorMessage'
> {
  const trouble = disks.flatMap((disk) => {
    const unread = disk.unread !== undefined && !(allowUnread && isForgivable(disk)) ? [disk.unread] : []
    const left = disk.created && !disk.deleted ? [`The temporary disk ${disk.testDisk} is still there.`] : []
    return [...disk.problems, ...unread, ...left].map((said) => `${placeOf(disk, disks.length)}${said}`)
  })
  return {
    success: trouble.length === 0,
    diskReadable: all(disks.map(({ readable }) => readable)),
    sizeMatches: all(disks.map(({ sizeMatches }) => sizeMatches)),
    testDiskCreated: disks.every(({ created }) => created),
    testDiskDeleted: disks.every(({ created, deleted }) => created && deleted),
    errorMessage: trouble.length === 0 ? undefined : trouble.join(' '),
  }
}

/** Azure, or a policy, keeps the bytes from everybody: another try would end alike. */
function isForgivable({ error }: DiskVerdict): boolean {
  return error?.code === 'READ_REFUSED'
}

function placeOf({ lun }: DiskVerdict, count: number): string {
  if (count === 1) return ''
  return lun === null ? 'OS disk: ' : `LUN ${lun}: `
}

/** One `false` decides; otherwise one that is not known leaves it open. */
function all(answers: readonly (boolean | undefined)[]): boolean | undefined {
  if (answers.includes(false)) return false
  return answers.includes(undefined) ? undefined : true
}

/** How far the backup was shown to be restorable by this; 1 where no disk could be made. */
export function levelOf(disks: readonly DiskVerdict[]): ProofLevel {
  if (!disks.every(({ created, sizeMatches }) => created && sizeMatches === true)) return 1
  return disks.every(({ readable, problems }) => readable === true && problems.length === 0) ? 3 : 2
}

/** A weaker proof of the same backup takes nothing from a stronger one. */
export function strongerProof(known: Proof | undefined, level: ProofLevel, at: Date): Proof {
  return known !== undefined && known.level > level ? known : { level, at }
}

/** What is wrong with a disk that was made, held against the snapshot and against what the backup recorded of it. */
export function sizeProblems(disk: Disk, snapshot: Snapshot, recordedGb: number | undefined): string[] {
  const problems: string[] = []
  if (disk.sizeGb !== snapshot.sizeGb)
    problems.push(`The disk made of it has ${disk.sizeGb} GiB, and the snapshot ${snapshot.sizeGb} GiB.`)
  else if (disk.sizeBytes !== undefined && snapshot.sizeBytes !== undefined && disk.sizeBytes !== snapshot.sizeBytes)
    problems.push(`The disk made of it has ${disk.sizeBytes} bytes, and the snapshot ${snapshot.sizeBytes}.`)
  if (recordedGb !== undefined && disk.sizeGb !== recordedGb)
    problems.push(`The disk made of it has ${disk.sizeGb} GiB; the disk that was backed up had ${recordedGb} GiB.`)
  return problems
}

export function stateProblems({ provisioningState, state }: Disk): string[] {
  const problems: string[] = []
  if (provisioningState !== 'Succeeded') problems.push(`The disk made of it is ${provisioningState}.`)
  if (state !== 'Unattached') problems.push(`The disk made of it is ${state}, and not Unattached.`)
  return problems
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** A timer does not go off to the second. */
const graceMs = hourMs

/** Whether it is to be verified again: younger than 7 days daily, older ones weekly. */
export function isStale({ createdAt, verifiedAt }: Pick<Backup, 'createdAt' | 'verifiedAt'>, now: Date): boolean {
  if (verifiedAt === undefined) return true
  const everyMs = +now - +createdAt < 7 * dayMs ? dayMs : 7 * dayMs
  return +now - +verifiedAt >= everyMs - graceMs
}
