import Database from 'better-sqlite3'
import type { SqliteDatabase } from 'kysely'

/** How long one azlin waits for another that is writing. */
const busyMs = 10_000

/**
 * Node.js 24 ends the process (`RemoveEnvironmentCleanupHook`, SIGABRT) when it collects a database or a statement of
 * better-sqlite3 12 at the wrong moment, in the middle of a command too. So none is ever let go.
 */
const kept: unknown[] = []

/** Each text is prepared once: there are some dozens. */
export function connect(file: string): SqliteDatabase {
  const sqlite = new Database(file, { timeout: busyMs })
  const statements = new Map<string, Database.Statement>()
  kept.push(sqlite, statements)
  const prepare = (text: string) => {
    const known = statements.get(text) ?? sqlite.prepare(text)
    statements.set(text, known)
    return known
  }
  try {
    prepare('pragma journal_mode = WAL').get()
    // A journal entry must be on the disk before what it announces is made.
    prepare('pragma synchronous = FULL').run()
    return { prepare, close: () => void sqlite.close() }
  } catch (error) {
    sqlite.close()
    throw error
  }
}
