import type { Kysely } from 'kysely'
import type { Turn, TurnKind, Turnstile } from '../core/ports/records.js'
import type { Schema, TurnRow } from './schema.js'
import { isAlive, thisProcess } from './this-process.js'
import { usable } from './trouble.js'

/** A holder on another computer cannot be asked; after this long its turn is over. */
const patienceMs = 2 * 60 * 60_000

export class SqliteTurnstile implements Turnstile {
  readonly #db: Kysely<Schema>
  readonly #file: string

  constructor(db: Kysely<Schema>, file: string) {
    this.#db = db
    this.#file = file
  }

  enter(what: TurnKind, resource: string, at: Date): Promise<Turn> {
    const key = resource.toLowerCase()
    const { host, pid, mark } = thisProcess()
    const mine = { resource: key, what, host, pid, process_mark: mark, since: at.toISOString() }
    return usable(this.#file, async () => {
      // The insert decides, in one statement; a dead holder is removed and the insert tried once more.
      for (let round = 0; ; round++) {
        const { numInsertedOrUpdatedRows } = await this.#db
          .insertInto('turns')
          .values(mine)
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow()
        if (numInsertedOrUpdatedRows === 1n) return { entered: true, leave: () => this.#leaveAtLast(mine) }

        const held = await this.#db.selectFrom('turns').selectAll().where('resource', '=', key).executeTakeFirst()
        if (held && (round > 3 || !isOver(held, at)))
          return { entered: false, what: held.what, since: new Date(held.since) }
        if (held) await this.#leave(held)
      }
    })
  }

  /** The work is done: a row that cannot be taken away must not turn that round. It ends with this process anyway. */
  async #leaveAtLast(mine: TurnRow): Promise<void> {
    await this.#leave(mine).catch(() => undefined)
  }

  /** Only this very turn: another may have taken the place since. */
  async #leave({ resource, host, pid, process_mark: mark, since }: TurnRow): Promise<void> {
    await usable(this.#file, () =>
      this.#db
        .deleteFrom('turns')
        .where('resource', '=', resource)
        .where('host', '=', host)
        .where('pid', '=', pid)
        .where('process_mark', '=', mark)
        .where('since', '=', since)
        .execute(),
    )
  }
}

function isOver({ host, pid, process_mark: mark, since }: TurnRow, at: Date): boolean {
  const alive = isAlive({ host, pid, mark })
  return alive === undefined ? +at - Date.parse(since) > patienceMs : !alive
}
