import type { Kysely } from 'kysely'
import type { Audit } from '../core/ports/records.js'
import type { Schema } from './schema.js'
import { thisProcess } from './this-process.js'
import { usable } from './trouble.js'

export class SqliteAudit implements Audit {
  readonly #db: Kysely<Schema>
  readonly #file: string

  constructor(db: Kysely<Schema>, file: string) {
    this.#db = db
    this.#file = file
  }

  begin(
    operation: string,
    subject: string,
    at: Date,
    details: Readonly<Record<string, unknown>> = {},
  ): Promise<number> {
    const { host, pid } = thisProcess()
    return usable(this.#file, async () => {
      const { id } = await this.#db
        .insertInto('audit')
        .values({ operation, subject, started_at: at.toISOString(), details: JSON.stringify(details), host, pid })
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    })
  }

  async end(
    id: number,
    outcome: 'succeeded' | 'failed' | 'interrupted' | 'partial',
    at: Date,
    error?: { code: string; message: string },
  ): Promise<void> {
    const row = {
      outcome,
      ended_at: at.toISOString(),
      error_code: error?.code ?? null,
      error_message: error?.message ?? null,
    }
    // The work is done in Azure by now: a record that cannot be finished must not turn that round.
    await this.#db
      .updateTable('audit')
      .set(row)
      .where('id', '=', id)
      .execute()
      .catch(() => {})
  }
}
