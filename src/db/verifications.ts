import { type Kysely, sql } from 'kysely'
import type { Snapshot } from '../core/domain/snapshot.js'
import type { DiskVerdict, Verification } from '../core/domain/verification.js'
import type {
  DiskOfVm,
  EarlierContent,
  EarlierReading,
  NewVerification,
  VerificationFilter,
  VerificationRecord,
  Verifications,
} from '../core/ports/verifications.js'
import { isOfGroup, isOfSubscription, isPlain } from './plain-rows.js'
import type { Schema, VerificationRow } from './schema.js'
import { isAlive, thisProcess } from './this-process.js'
import { usable } from './trouble.js'

export class SqliteVerifications implements Verifications {
  readonly #db: Kysely<Schema>
  readonly #file: string
  readonly #subscription: string

  constructor(db: Kysely<Schema>, file: string, subscription: string) {
    this.#db = db
    this.#file = file
    this.#subscription = subscription.toLowerCase()
  }

  begin({ backup, vm, region, depth }: NewVerification, at: Date): Promise<number> {
    const { host, pid, mark } = thisProcess()
    return usable(this.#file, async () => {
      const { id } = await this.#db
        .insertInto('verifications')
        .values({
          backup_name: backup,
          vm_name: vm.name,
          vm_resource_group: vm.resourceGroup,
          subscription: this.#subscription,
          region,
          depth,
          verified_at: at.toISOString(),
          success: 0,
          outcome: 'running',
          host,
          pid,
          process_mark: mark,
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    })
  }

  end(id: number, verification: Verification): Promise<void> {
    return usable(this.#file, () =>
      this.#db.transaction().execute(async (db) => {
        await db
          .updateTable('verifications')
          .set({
            verified_at: verification.verifiedAt.toISOString(),
            success: bit(verification.success),
            outcome: verification.success ? 'passed' : 'failed',
            disk_readable: maybe(verification.diskReadable),
            size_matches: maybe(verification.sizeMatches),
            test_disk_created: bit(verification.testDiskCreated),
            test_disk_deleted: bit(verification.testDiskDeleted),
            error_message: verification.errorMessage ?? null,
            verification_time_seconds: verification.seconds,
          })
          .where('id', '=', id)
          .execute()
        if (verification.disks.length > 0)
          await db
            .insertInto('verification_disks')
            .values(verification.disks.map((disk) => diskRow(id, disk)))
            .execute()
      }),
    )
  }

  async interrupted(id: number, at: Date, seconds: number): Promise<void> {
    await usable(this.#file, () =>
      this.#db
        .updateTable('verifications')
        .set({ outcome: 'interrupted', verified_at: at.toISOString(), verification_time_seconds: seconds })
        .where('id', '=', id)
        .execute(),
    )
  }

  list({ vm, resourceGroup, since }: VerificationFilter): Promise<readonly VerificationRecord[]> {
    return usable(this.#file, async () => {
      let query = this.#db
        .selectFrom('verifications')
        .selectAll()
        .where(isOfSubscription(this.#subscription))
        .orderBy('verified_at', 'desc')
        .orderBy('id', 'desc')
      if (vm !== undefined) query = query.where(sql<boolean>`vm_name = ${vm} collate nocase`)
      if (resourceGroup !== undefined) query = query.where(isOfGroup(resourceGroup))
      if (since !== undefined) query = query.where('verified_at', '>=', since.toISOString())
      return (await query.execute()).map(toRecord)
    })
  }

  digestOf({ id, createdAt }: Pick<Snapshot, 'id' | 'createdAt'>, depth: string): Promise<EarlierReading | undefined> {
    return usable(this.#file, async () => {
      const row = await this.#db
        .selectFrom('verification_disks as disk')
        .innerJoin('verifications as of', 'of.id', 'disk.verification_id')
        .select(['disk.digest', 'of.verified_at'])
        .where('disk.snapshot_id', '=', id.toLowerCase())
        .where('disk.snapshot_created_at', '=', createdAt.toISOString())
        .where('of.depth', '=', depth)
        .where('disk.digest', 'is not', null)
        .orderBy('disk.id')
        .executeTakeFirst()
      return row?.digest ? { digest: row.digest, at: new Date(row.verified_at) } : undefined
    })
  }

  contentIn({ id, createdAt }: Pick<Snapshot, 'id' | 'createdAt'>): Promise<EarlierContent | undefined> {
    return usable(this.#file, async () => {
      const row = await this.#readings()
        .where('disk.snapshot_id', '=', id.toLowerCase())
        .where('disk.snapshot_created_at', '=', createdAt.toISOString())
        .where('disk.blank', '=', 0)
        .orderBy('disk.id', 'desc')
        .executeTakeFirst()
      return row && toContent(row)
    })
  }

  contentBefore({ vm, lun, diskName }: DiskOfVm, before: Date): Promise<EarlierContent | undefined> {
    const name = diskName ?? null
    return usable(this.#file, async () => {
      const named = sql<string | null>`json_extract(disk.details, '$.diskName')`
      // A copy's snapshot is younger than what it holds.
      const taken = sql<string>`coalesce(json_extract(disk.details, '$.takenAt'), disk.snapshot_created_at)`
      const row = await this.#readings()
        .where(isOfSubscription(this.#subscription, 'of.subscription'))
        .where(sql<boolean>`of.vm_name = ${vm.name} collate nocase`)
        .where(sql<boolean>`of.vm_resource_group = ${vm.resourceGroup} collate nocase`)
        .where(sql<boolean>`disk.lun is ${lun}`)
        .where(sql<boolean>`(${name} is null or ${named} is null or ${named} = ${name} collate nocase)`)
        .where(taken, '<', before.toISOString())
        .where(sql<boolean>`(disk.blank = 0 or json_extract(disk.details, '$.blankAllowed') = 1)`)
        .orderBy(taken, 'desc')
        .orderBy('disk.id', 'desc')
        .executeTakeFirst()
      return row && row.blank === 0 ? toContent(row) : undefined
    })
  }

  /** Of disks that were read and consistent. */
  #readings() {
    return this.#db
      .selectFrom('verification_disks as disk')
      .innerJoin('verifications as of', 'of.id', 'disk.verification_id')
      .select(['of.backup_name', 'of.verified_at', 'disk.content', 'disk.blank'])
      .where('disk.readable', '=', 1)
  }
}

function toContent(row: { backup_name: string; verified_at: string; content: string | null }): EarlierContent {
  return { backup: row.backup_name, content: row.content ?? '', at: new Date(row.verified_at) }
}

function diskRow(verification: number, disk: DiskVerdict) {
  const { snapshot, lun, readable, content, blank, error, ...rest } = disk
  const { digest, fault } = rest
  return {
    verification_id: verification,
    snapshot_id: snapshot.id.toLowerCase(),
    snapshot_created_at: snapshot.createdAt.toISOString(),
    lun,
    readable: maybe(readable),
    content: content ?? null,
    blank: bit(blank),
    // What a snapshot was found to have become is not what it was.
    digest: fault === 'changed' ? null : (digest ?? null),
    details: JSON.stringify({ snapshot: snapshot.name, error: error?.toJSON(), ...rest }),
  }
}

function toRecord(row: VerificationRow): VerificationRecord {
  const { host, pid, process_mark: mark } = row
  const outcome = isPlain(row) ? (row.success === 1 ? 'passed' : 'failed') : row.outcome
  return {
    id: row.id,
    backup: row.backup_name,
    vm: { name: row.vm_name, resourceGroup: row.vm_resource_group },
    region: row.region,
    depth: row.depth,
    verifiedAt: new Date(row.verified_at),
    outcome,
    success: row.success === 1,
    diskReadable: known(row.disk_readable),
    sizeMatches: known(row.size_matches),
    testDiskCreated: row.test_disk_created === 1,
    testDiskDeleted: row.test_disk_deleted === 1,
    errorMessage: row.error_message ?? undefined,
    seconds: row.verification_time_seconds ?? 0,
    ownerAlive: outcome === 'running' ? isAlive({ host, pid, mark }) : undefined,
  }
}

function bit(value: boolean): 0 | 1 {
  return value ? 1 : 0
}

function maybe(value: boolean | undefined): 0 | 1 | null {
  return value === undefined ? null : bit(value)
}

function known(value: number | null): boolean | undefined {
  return value === null ? undefined : value === 1
}
