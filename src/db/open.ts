/**
 * Opens (and if need be makes) the database of this machine: one SQLite file, readable
 * by its owner alone, brought to the newest schema. Whatever is wrong with it is said
 * before anything is sent to Azure.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, Migrator, SqliteDialect, sql } from 'kysely'
import { AzlinError } from '../core/errors.js'
import type { Records } from '../core/ports/records.js'
import { SqliteAudit } from './audit.js'
import { SqliteJournal } from './journal.js'
import { migrations } from './migrations/index.js'
import type { Schema } from './schema.js'
import { usable } from './trouble.js'
import { SqliteTurnstile } from './turnstile.js'

/** How long one azlin waits for another that is writing. */
const busyMs = 10_000

export interface OpenRecords extends Records {
  close(): Promise<void>
}

/** @param folder the state folder; made with mode 0700. DATABASE_UNUSABLE and DATABASE_NEWER name the file. */
export async function openRecords(folder: string): Promise<OpenRecords> {
  const file = join(folder, 'azlin.db')
  const db = await usable(file, async () => {
    prepare(folder, file)
    const sqlite = new Database(file, { timeout: busyMs })
    sqlite.pragma('journal_mode = WAL')
    // A journal entry must be on the disk before what it announces is made.
    sqlite.pragma('synchronous = FULL')
    const opened = new Kysely<Schema>({ dialect: new SqliteDialect({ database: sqlite }) })
    try {
      await migrate(opened, file)
      tighten(file)
    } catch (error) {
      await opened.destroy()
      throw error
    }
    return opened
  })
  return {
    audit: new SqliteAudit(db, file),
    journal: new SqliteJournal(db, file),
    turnstile: new SqliteTurnstile(db, file),
    close: () => db.destroy(),
  }
}

function prepare(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if ((statSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700)
  // Made by hand first, so that it never exists with other people's rights.
  closeSync(openSync(file, 'a', 0o600))
}

function tighten(file: string): void {
  for (const one of [file, `${file}-wal`, `${file}-shm`])
    if (existsSync(one) && (statSync(one).mode & 0o077) !== 0) chmodSync(one, 0o600)
}

/** Two azlin processes may be the first at once: the second waits, and finds it done. */
async function migrate(db: Kysely<Schema>, file: string): Promise<void> {
  const known = Object.keys(await migrations.getMigrations())
  const done = await migrated(db)
  if (done.some((name) => !known.includes(name))) throw new AzlinError('DATABASE_NEWER', { file })
  if (done.length === known.length) return

  await sql`begin immediate`.execute(db)
  try {
    const { error } = await new Migrator({ db, provider: migrations, disableTransactions: true }).migrateToLatest()
    if (error) throw error
    await sql`commit`.execute(db)
  } catch (error) {
    await sql`rollback`.execute(db)
    throw error
  }
}

async function migrated(db: Kysely<Schema>): Promise<readonly string[]> {
  const tables = await sql<{ name: string }>`select name from sqlite_master where name = 'kysely_migration'`.execute(db)
  if (tables.rows.length === 0) return []
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
  return rows.map((row) => row.name)
}
