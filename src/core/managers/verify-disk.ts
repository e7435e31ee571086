/**
 * Verifies one disk's snapshot: a temporary disk is made of it, looked at, opened, read, closed and deleted again.
 * Closing and deleting happen whatever came before, with time of their own.
 */
import type { Backup, RecoveryDisk } from '../domain/backup.js'
import { sizeProblems, stateProblems, type VerifyOptions } from '../domain/verification.js'
import { planVerifyDisk, type VerifyDiskPlan } from '../domain/verify-plan.js'
import { AzlinError, type ErrorCode } from '../errors.js'
import type { DiskBlob } from '../ports/blobs.js'
import type { Verifications } from '../ports/verifications.js'
import type { Run } from '../run.js'
import { newToken } from './capture.js'
import { type TemporaryDeps, TemporaryResources } from './temporary-resources.js'
import { compareWithEarlier, type Found } from './verify-history.js'
import { readDisk } from './verify-read.js'

export interface VerifyDiskDeps extends TemporaryDeps {
  readonly verifications: Verifications
  /** Milliseconds between two looks at something that is about to change. */
  readonly lookEveryMs: number
}

/** The link is closed at the end; it closes by itself when nobody is left to do so. */
const linkSeconds = { usual: 30 * 60, deep: 24 * 60 * 60 } as const
/** Until other computers may take the disk for a leftover: longer than the link. */
const lifetimeMs = { usual: 6 * 60 * 60_000, deep: 25 * 60 * 60_000 } as const
/** A create whose answer was lost may still come through: how long to wait, in milliseconds, before each further look. */
const looksForLateDisk = [500, 1_000, 2_000] as const
/** Azure said no, so nothing comes. */
const definite: readonly ErrorCode[] = ['FORBIDDEN', 'POLICY_DENIED', 'QUOTA_EXCEEDED', 'CAPACITY', 'AZURE_REJECTED']
/** Somebody else may hold the five links that a family of snapshots may have. */
const linkPatienceMs = 5 * 60_000

/** Rejects when the run was stopped, or for a fault of azlin; all else is in what it found. */
export async function verifyDisk(
  deps: VerifyDiskDeps,
  backup: Backup,
  source: RecoveryDisk,
  options: VerifyOptions,
  run: Run,
): Promise<Found> {
  const plan = planVerifyDisk(backup, source, {
    at: deps.clock.now(),
    token: newToken(),
    allowExport: options.allowExport,
  })
  const found = nothingFound(backup, source, plan)
  const extent = options.depth === 'usual' ? 'usual' : 'deep'
  const temporary = new TemporaryResources(deps, `verify ${backup.name}`, lifetimeMs[extent])
  const discard = new Discard(deps, plan, found)
  try {
    await makeDisk(deps, plan, source, { found, temporary, discard }, run)
    if (found.problems.length === 0) await open(deps, { backup, source, plan, options, found, discard }, run)
  } catch (error) {
    if (!AzlinError.is(error) || run.signal.aborted) throw error
    blame(found, error)
  } finally {
    await temporary.remove(run)
  }
  run.signal.throwIfAborted()
  return found
}

interface Making {
  readonly found: Found
  readonly temporary: TemporaryResources
  readonly discard: Discard
}

async function makeDisk(
  { azure, limit }: VerifyDiskDeps,
  plan: VerifyDiskPlan,
  { snapshot, facts }: RecoveryDisk,
  { found, temporary, discard }: Making,
  run: Run,
): Promise<void> {
  run.report({ type: 'disk.started', disk: plan.name })
  // Its size is Azure's own: one that was asked for could not be held against the snapshot.
  const want = { ...plan, sizeGb: undefined, tier: undefined, tags: temporary.tags() }
  const made = await limit(() =>
    temporary.make(
      'disk',
      plan,
      () => azure.disks.create(want, run.signal).catch((error: unknown) => discard.unmade(error)),
      (signal) => discard.run(signal),
    ),
  )
  run.report({ type: 'disk.finished', disk: plan.name })
  found.created = true
  const ofSize = sizeProblems(made, snapshot, facts?.sizeGb)
  found.sizeMatches = ofSize.length === 0
  found.problems = [...stateProblems(made), ...ofSize]
  if (found.problems.length > 0) found.fault = 'plain'
}

interface Opening {
  readonly backup: Backup
  readonly source: RecoveryDisk
  readonly plan: VerifyDiskPlan
  readonly options: VerifyOptions
  readonly found: Found
  readonly discard: Discard
}

async function open(deps: VerifyDiskDeps, opening: Opening, run: Run): Promise<void> {
  const { azure, clock } = deps
  const { backup, source, plan, options, found, discard } = opening
  const { depth } = options
  let blob: DiskBlob
  try {
    discard.opened = true
    const link = await openLink(deps, plan, linkSeconds[depth === 'usual' ? 'usual' : 'deep'], run)
    blob = await azure.blobs.open(link, run.signal)
  } catch (error) {
    if (!AzlinError.is(error) || run.signal.aborted) throw error
    found.unread = error.message
    found.error = error
    return
  }

  run.report({ type: 'verify.reading', disk: plan.name })
  const seed = `${source.snapshot.id.toLowerCase()} ${clock.now().toISOString()}`
  try {
    const read = await readDisk(blob, source, { depth, seed, testDisk: plan.name, clock }, run)
    Object.assign(found, read, { readable: read.problems.length === 0 })
  } catch (error) {
    found.readable = false
    throw error
  } finally {
    found.requests = blob.requests
  }
  run.report({ type: 'verify.read', disk: plan.name, bytes: found.bytesRead })
  await compareWithEarlier(deps.verifications, backup, source, options, found)
}

async function openLink(
  { azure, clock, lookEveryMs }: VerifyDiskDeps,
  plan: VerifyDiskPlan,
  seconds: number,
  run: Run,
): Promise<string> {
  const begun = clock.elapsed()
  for (let told = false; ; told = true) {
    try {
      return await azure.disks.grantRead(plan, seconds, run.signal)
    } catch (error) {
      if (!AzlinError.is(error, 'ACTIVE_SAS') || clock.elapsed() - begun > linkPatienceMs) throw error
      const text = `${plan.name} waits up to ${linkPatienceMs / 60_000} minutes for a link: the disk's snapshots have as many as Azure allows.`
      if (!told) run.report({ type: 'notice', code: error.code, text })
      await clock.sleep(lookEveryMs, run.signal)
    }
  }
}

function blame(found: Found, error: AzlinError): void {
  found.error = error
  found.problems = [...found.problems, found.created ? error.message : `No disk could be made of it. ${error.message}`]
  if (!found.created && isTelling(error, found.testDisk)) found.fault = 'plain'
}

/** Whether it says something about the snapshot; all else is about Azure, this account or the way there. */
function isTelling(error: AzlinError, disk: string): boolean {
  // Where the disk itself is not there, it was made, and somebody removed it.
  if (AzlinError.is(error, 'AZURE_NOT_FOUND')) return !error.details.what.includes(disk)
  return AzlinError.is(error, 'AZURE_REJECTED') && isAzures(error)
}

/** What has no code was said by others on the way, or makes no sense. */
function isAzures({ details }: AzlinError<'AZURE_REJECTED'>): boolean {
  return details.code !== ''
}

/** Closes and deletes the disk, and looks until it is gone. Tried again as a whole while Azure refuses for a time. */
class Discard {
  /** Somebody may have a link to it. */
  opened = false
  #isDefinite = false
  readonly #deps: VerifyDiskDeps
  readonly #plan: VerifyDiskPlan
  readonly #found: Found

  constructor(deps: VerifyDiskDeps, plan: VerifyDiskPlan, found: Found) {
    this.#deps = deps
    this.#plan = plan
    this.#found = found
  }

  /** It was to be made, and that failed. */
  unmade(error: unknown): never {
    const isNo = AzlinError.is(error) && definite.includes(error.code)
    this.#isDefinite = isNo && (!AzlinError.is(error, 'AZURE_REJECTED') || isAzures(error))
    throw error
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.opened) await this.#close(signal)
    await this.#remove(signal)
    if (!this.#found.created && !this.#isDefinite)
      for (const pauseMs of looksForLateDisk) {
        await this.#deps.clock.sleep(pauseMs, signal)
        await this.#remove(signal)
      }
    this.#found.deleted = true
  }

  async #remove(signal: AbortSignal): Promise<void> {
    const { disks } = this.#deps.azure
    try {
      await disks.remove(this.#plan, signal)
    } catch (error) {
      // What was asked for before the stop was opened after it was closed.
      if (!AzlinError.is(error, 'ACTIVE_SAS')) throw error
      await this.#close(signal)
      await disks.remove(this.#plan, signal)
    }
    if (await disks.find(this.#plan, signal))
      throw new AzlinError('CONFLICT', { what: `disk ${this.#plan.name}`, reason: 'it is still there' })
  }

  /** What stands against closing must not stand against deleting. */
  async #close(signal: AbortSignal): Promise<void> {
    try {
      await this.#deps.azure.disks.revokeRead(this.#plan, signal)
    } catch (error) {
      if (!AzlinError.is(error) || signal.aborted) throw error
    }
  }
}

function nothingFound(backup: Backup, { snapshot, lun, facts }: RecoveryDisk, plan: VerifyDiskPlan): Found {
  const { id, name, createdAt } = snapshot
  return {
    snapshot: { id, name, createdAt },
    lun,
    diskName: facts?.diskName || undefined,
    takenAt: backup.createdAt,
    sizeGb: snapshot.sizeGb,
    testDisk: plan.name,
    created: false,
    deleted: false,
    sizeMatches: undefined,
    readable: undefined,
    unread: undefined,
    content: undefined,
    blank: false,
    problems: [],
    notes: [],
    bytesRead: 0,
    allocatedBytes: undefined,
    requests: 0,
    digest: undefined,
    earlier: undefined,
    blankAllowed: false,
    fault: undefined,
    recalled: false,
    error: undefined,
  }
}
