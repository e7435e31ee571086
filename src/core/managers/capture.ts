/**
 * Snapshots of all disks of a VM, started together: all of them or none. Each is in
 * the journal before it is made; if one fails, or the user stops, the others go again.
 */
import { randomBytes } from 'node:crypto'
import { armId } from '../domain/arm-id.js'
import type { AttachedDisk, Machine } from '../domain/machine.js'
import { diskTags, machineTags, recoveryTag } from '../domain/recovery-tags.js'
import type { Snapshot } from '../domain/snapshot.js'
import type { TagMap } from '../domain/tag-text.js'
import { AzlinError } from '../errors.js'
import type { NewSnapshot } from '../ports/azure.js'
import type { Records } from '../ports/records.js'
import type { Run } from '../run.js'
import { textOf } from './audited.js'
import type { ManagerDeps } from './deps.js'
import { closeEntry } from './journal-end.js'
import { disksOf, factsOf } from './machine-facts.js'
import { type Part, undoCapture } from './undo-capture.js'

export interface CaptureRequest {
  readonly machine: Machine
  /** Name of the set; that of its OS disk's snapshot. */
  readonly set: string
  readonly nameOf: (lun: number | null) => string
  readonly resourceGroup: string
  /** Tags of every snapshot of the set, beside those that describe machine and disk. */
  readonly tags: TagMap
  readonly purpose: string
  /** Value of the tag `azlin:capture`: of this set and of no other. */
  readonly token: string
}

/** Errors that say what has to be mended before any backup can be taken; others become BACKUP_FAILED. */
const prerequisites = new Set(['FORBIDDEN', 'NOT_SIGNED_IN', 'RESOURCE_GROUP_NOT_FOUND', 'PROVIDER_NOT_REGISTERED'])

/** UNSUPPORTED_DISK, BACKUP_FAILED, NAME_TAKEN, or what has to be mended first. After each nothing is left. */
export async function capture(
  deps: ManagerDeps,
  records: Records,
  request: CaptureRequest,
  run: Run,
): Promise<readonly Snapshot[]> {
  const { azure, clock } = deps
  const { machine, set, purpose, token } = request
  refuseUnsupported(machine)
  const wanted = await describe(deps, request, run)

  // All entries first: nothing is sent before everything is written down.
  const parts: Part[] = []
  const names = wanted.map(({ want }) => want.name)
  for (const { disk, want } of wanted) {
    const resourceId = armId(azure.subscriptionId, 'snapshot', want)
    const entry = { kind: 'snapshot', resourceId, purpose, details: { set, of: wanted.length, token, names } } as const
    parts.push({ disk, want, journalId: await records.journal.open(entry, clock.now()) })
  }

  const outcomes = await Promise.allSettled(parts.map(({ want }) => take(deps, want, run)))
  const failures = outcomes.flatMap((outcome, index) => {
    const part = parts[index]
    return outcome.status === 'rejected' && part ? [{ part, error: outcome.reason as unknown }] : []
  })
  const [first] = failures
  if (first) {
    const reason = run.signal.aborted ? 'interrupted' : `the snapshot of ${first.part.disk.name} failed`
    const errors = new Map(failures.map(({ part, error }) => [part, error]))
    await undoCapture(deps, records, { parts, errors, token, reason }, run)
    throw toThrow(machine, failures.find(({ error }) => AzlinError.is(error, 'NAME_TAKEN')) ?? first, run)
  }
  for (const { journalId } of parts) await closeEntry(records.journal, journalId, run)
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
}

/** Tells this command from another that does the same in the same second. */
export function newToken(): string {
  return randomBytes(6).toString('hex')
}

function refuseUnsupported({ name: vm, osDiskKind, unmanagedDataDisks, securityType, disks }: Machine): void {
  const why =
    osDiskKind !== 'managed'
      ? `its OS disk is ${osDiskKind}`
      : unmanagedDataDisks > 0
        ? `${unmanagedDataDisks} of its data disks are unmanaged`
        : securityType?.toLowerCase() === 'confidentialvm'
          ? 'it is a confidential VM, whose disks Azure does not snapshot'
          : disks.some((disk) => disk.lun === null)
            ? undefined
            : 'it has no OS disk'
  if (why !== undefined) throw new AzlinError('UNSUPPORTED_DISK', { vm, why })
}

async function describe(
  deps: ManagerDeps,
  { machine, nameOf, resourceGroup, tags, token }: CaptureRequest,
  run: Run,
): Promise<readonly { disk: AttachedDisk; want: NewSnapshot }[]> {
  const disks = await disksOf(deps, machine, run)
  const found = machine.disks.map((attached, index) => {
    const disk = disks[index]
    if (!disk) throw new AzlinError('AZURE_NOT_FOUND', { what: `disk ${attached.name} of ${machine.name}` })
    return { attached, disk }
  })
  const os = found.find(({ attached }) => attached.lun === null)?.disk
  const common = { ...tags, ...machineTags(machine, factsOf(machine, os)), [recoveryTag.capture]: token }
  return found.map(({ attached, disk }) => ({
    disk: attached,
    want: {
      name: nameOf(attached.lun),
      resourceGroup,
      region: machine.region,
      sourceId: attached.id,
      encryptionSetId: disk.encryptionSetId,
      tags: {
        ...common,
        ...diskTags({
          lun: attached.lun,
          caching: attached.caching,
          sku: disk.sku,
          sizeGb: disk.sizeGb,
          zone: disk.zone,
          of: found.length,
          diskName: attached.name,
          exportAccess: disk.exportAccess,
        }),
      },
    },
  }))
}

async function take({ azure }: ManagerDeps, want: NewSnapshot, run: Run): Promise<Snapshot> {
  run.report({ type: 'snapshot.started', snapshot: want.name })
  const snapshot = await azure.snapshots.create(want, run.signal)
  run.report({ type: 'snapshot.finished', snapshot: want.name })
  return snapshot
}

function toThrow({ name: vm }: Machine, { part, error }: { part: Part; error: unknown }, run: Run): unknown {
  if (run.signal.aborted) return run.signal.reason
  if (!AzlinError.is(error)) return error
  if (error.code === 'NAME_TAKEN' || prerequisites.has(error.code)) return error
  return new AzlinError('BACKUP_FAILED', { vm, disk: part.disk.name, reason: textOf(error) }, { cause: error })
}
