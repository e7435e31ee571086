/**
 * Opens (and if need be makes) the database of this machine: one SQLite file, readable
 * by its owner alone, brought to the newest schema. Whatever is wrong with it is said
 * before anything is sent to Azure.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { Kysely, Migrator, SqliteDialect, sql } from 'kysely'
import { AzlinError } from '../core/errors.js'
import type { Records } from '../core/ports/records.js'
import { SqliteAudit } from './audit.js'
import { connect } from './connect.js'
import { SqliteDrills } from './drills.js'
import { SqliteJournal } from './journal.js'
import { migrations } from './migrations/index.js'
import { SqliteReplicationJobs } from './replication-jobs.js'
import type { Schema } from './schema.js'
import { prepare } from './state-folder.js'
import { usable } from './trouble.js'
import { SqliteTurnstile } from './turnstile.js'
import { SqliteVerifications } from './verifications.js'

export interface OpenRecords extends Records {
  close(): Promise<void>
}

export interface Opening {
  /** Whose copies, verifications and drills are written down and told; absent: those of all. */
  readonly subscription?: string
  /** Also find out, by writing, whether records can be written: for work that is done without, if need be. */
  readonly proven?: boolean
}

/**
 * DATABASE_UNUSABLE and DATABASE_NEWER name the file.
 *
 * @param folder the state folder; made with mode 0700.
 */
export async function openRecords(
  folder: string,
  { subscription = '', proven = false }: Opening = {},
): Promise<OpenRecords> {
  const file = join(folder, 'azlin.db')
  const db = await usable(file, async () => {
    prepare(folder, file)
    const opened = new Kysely<Schema>({ dialect: new SqliteDialect({ database: connect(file) }) })
    try {
      await migrate(opened, file)
      if (proven) await prove(new SqliteTurnstile(opened, file))
    } catch (error) {
      await opened.destroy()
      throw error
    }
    return opened
  })
  return {
    audit: new SqliteAudit(db, file),
    drills: new SqliteDrills(db, file, subscription),
    journal: new SqliteJournal(db, file),
    turnstile: new SqliteTurnstile(db, file),
    replications: new SqliteReplicationJobs(db, file, subscription),
    verifications: new SqliteVerifications(db, file, subscription),
    close: () => db.destroy(),
  }
}

/** More than a restore writes. */
const roomBytes = 64 * 1024

/** Writes a turn of nobody's and takes it away again. A process that ends in between leaves nothing that counts. */
async function prove(turnstile: SqliteTurnstile): Promise<void> {
  const turn = await turnstile.enter('restore', randomUUID().padEnd(roomBytes), new Date())
  if (turn.entered) await turn.leave()
}

async function migrate(db: Kysely<Schema>, file: string): Promise<void> {
  if (await isNewest(db, file)) return
  await sql`begin immediate`.execute(db)
  try {
    // Another azlin, perhaps a newer one, may have been first while this one waited for its turn.
    if (!(await isNewest(db, file))) {
      const { error } = await new Migrator({ db, provider: migrations, disableTransactions: true }).migrateToLatest()
      if (error) throw error
    }
    await sql`commit`.execute(db)
  } catch (error) {
    // On a full disk SQLite has rolled back by itself, and refuses to do it twice: what came first is what counts.
    await sql`rollback`.execute(db).catch(() => undefined)
    throw error
  }
}

/** DATABASE_NEWER when it has been through migrations that this azlin does not know. */
async function isNewest(db: Kysely<Schema>, file: string): Promise<boolean> {
  const known = Object.keys(await migrations.getMigrations())
  const done = await migrated(db)
  if (done.some((name) => !known.includes(name))) throw new AzlinError('DATABASE_NEWER', { file })
  return done.length === known.length
}

async function migrated(db: Kysely<Schema>): Promise<readonly string[]> {
  const tables = await sql<{ name: string }>`select name from sqlite_master where name = 'kysely_migration'`.execute(db)
  if (tables.rows.length === 0) return []
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
  return rows.map((row) => row.name)
}
