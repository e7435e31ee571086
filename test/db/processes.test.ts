import { mkdtempSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type OpenRecords, openRecords } from '../../src/db/open.js'
import { rawDatabase } from '../support/raw-database.js'
import { onLinux, zombie } from '../support/zombie.js'

const at = new Date('2026-11-23T01:02:03.000Z')
const module = new URL('../../src/db/open.js', import.meta.url).href
let folder: string
let records: OpenRecords

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'azlin-db-'))
  records = await openRecords(folder)
})
afterEach(async () => {
  await records.close()
  rmSync(folder, { recursive: true, force: true })
})

function run(sql: string, ...values: unknown[]): void {
  const raw = rawDatabase(join(folder, 'azlin.db'))
  raw.prepare(sql).run(...values)
  raw.close()
}

describe('a holder of a turn', () => {
  onLinux('that was killed and that nobody has buried is dead', async () => {
    const holder = await zombie(`import { openRecords } from ${JSON.stringify(module)}
      const records = await openRecords(${JSON.stringify(folder)})
      await records.journal.open({ kind: 'vm', resourceId: 'r', purpose: 'p', details: {} }, new Date())
      console.log((await records.turnstile.enter('backup', 'web-1', new Date())).entered)`)
    try {
      expect(await records.journal.list()).toMatchObject([{ owner: { pid: holder.pid }, ownerAlive: false }])
      expect((await records.turnstile.enter('backup', 'web-1', at)).entered).toBe(true)
    } finally {
      holder.bury()
    }
  })

  onLinux('whose pid another program has by now is dead', async () => {
    const insert = "insert into turns values ('web-1', 'backup', ?, ?, ?, ?)"
    run(insert, hostname(), process.pid, 'an-earlier-boot/1', at.toISOString())
    expect((await records.turnstile.enter('restore', 'web-1', at)).entered).toBe(true)
  })

  onLinux(
    'of an earlier version of azlin that lives is alive, and one in a container of this name may be',
    async () => {
      await records.turnstile.enter('backup', 'web-1', at)
      const cut = "update turns set process_mark = substr(process_mark, 1, instr(process_mark, '/pid:') - 1)"
      run(cut)
      const late = new Date(+at + 24 * 3_600_000)
      expect((await records.turnstile.enter('restore', 'web-1', late)).entered).toBe(false)
      run("update turns set process_mark = process_mark || '/pid:[1]', pid = 99999999")
      expect((await records.turnstile.enter('restore', 'web-1', at)).entered).toBe(false)
      await records.journal.open({ kind: 'disk', resourceId: 'r', purpose: 'p', details: {} }, at)
      run('update journal set process_mark = (select process_mark from turns), pid = 99999999')
      expect((await records.journal.list())[0]?.ownerAlive).toBeUndefined()
    },
  )

  it('may not take away the turn of its successor', async () => {
    const first = await records.turnstile.enter('backup', 'web-1', at)
    run("update turns set pid = pid + 1, since = '2026-11-23T02:00:00.000Z'")
    if (first.entered) await first.leave()
    const raw = rawDatabase(join(folder, 'azlin.db'), { readonly: true })
    expect(raw.prepare('select since from turns').pluck().all()).toEqual(['2026-11-23T02:00:00.000Z'])
    raw.close()
  })

  it('has done its work also when its turn cannot be given back', async () => {
    const other = await openRecords(folder)
    const turn = await other.turnstile.enter('backup', 'web-1', at)
    await other.close()
    if (!turn.entered) throw new Error('it was not let in')
    await expect(turn.leave()).resolves.toBeUndefined()
  })
})

describe('the journal', () => {
  it('is read in the order of writing, also when the clock was set back meanwhile', async () => {
    const entry = (resourceId: string) => ({ kind: 'disk' as const, resourceId, purpose: 'p', details: {} })
    for (const [i, id] of ['a', 'b', 'c'].entries()) await records.journal.open(entry(id), new Date(+at - i * 60_000))
    expect((await records.journal.list()).map(({ resourceId }) => resourceId)).toEqual(['a', 'b', 'c'])
  })

  it('says nothing of an owner on another computer', async () => {
    await records.journal.open({ kind: 'disk', resourceId: 'r', purpose: 'p', details: {} }, at)
    run("update journal set host = 'elsewhere'")
    expect((await records.journal.list())[0]?.ownerAlive).toBeUndefined()
  })
})
