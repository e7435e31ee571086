import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Journal, JournalEntry, NewJournalEntry } from '../core/ports/records.js'
import type { JournalRow, Schema } from './schema.js'
import { isAlive, thisProcess } from './this-process.js'
import { usable } from './trouble.js'

const kinds: readonly JournalEntry['kind'][] = [
  'snapshot',
  'restore',
  'vm',
  'nic',
  'pip',
  'disk',
  'vnet',
  'nsg',
  'group',
]

export class SqliteJournal implements Journal {
  readonly #db: Kysely<Schema>
  readonly #file: string

  constructor(db: Kysely<Schema>, file: string) {
    this.#db = db
    this.#file = file
  }

  open({ kind, resourceId, purpose, details }: NewJournalEntry, at: Date): Promise<string> {
    const id = randomUUID()
    const { host, pid, mark } = thisProcess()
    return usable(this.#file, async () => {
      await this.#db
        .insertInto('journal')
        .values({
          id,
          kind,
          resource_id: resourceId,
          purpose,
          details: JSON.stringify(details),
          host,
          pid,
          process_mark: mark,
          created_at: at.toISOString(),
          last_failure: null,
        })
        .execute()
      return id
    })
  }

  async keep(ids: readonly string[]): Promise<void> {
    await usable(this.#file, () =>
      this.#db
        .updateTable('journal')
        .set({ details: sql<string>`json_set(details, '$.kept', json('true'))` })
        .where('id', 'in', ids)
        .execute(),
    )
  }

  async close(id: string): Promise<void> {
    await usable(this.#file, () => this.#db.deleteFrom('journal').where('id', '=', id).execute())
  }

  async failed(id: string, reason: string): Promise<void> {
    await usable(this.#file, () =>
      this.#db.updateTable('journal').set({ last_failure: reason }).where('id', '=', id).execute(),
    )
  }

  list(): Promise<readonly JournalEntry[]> {
    return usable(this.#file, async () => {
      // In the order of writing, which a clock that was moved does not change.
      const rows = await this.#db.selectFrom('journal').selectAll().orderBy(sql`rowid`).execute()
      return rows.flatMap(toEntry)
    })
  }
}

function toEntry(row: JournalRow): JournalEntry[] {
  const kind = kinds.find((one) => one === row.kind)
  if (!kind) return []
  const { host, pid, process_mark: mark } = row
  const details = JSON.parse(row.details) as Record<string, unknown>
  return [
    {
      id: row.id,
      kind,
      resourceId: row.resource_id,
      purpose: row.purpose,
      details,
      kept: details['kept'] === true,
      owner: { host, pid },
      createdAt: new Date(row.created_at),
      ownerAlive: isAlive({ host, pid, mark }),
    },
  ]
}
