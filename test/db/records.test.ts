import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { migrations } from '../../src/db/migrations/index.js'
import { type OpenRecords, openRecords } from '../../src/db/open.js'
import { rawDatabase } from '../support/raw-database.js'

const at = new Date('2026-11-23T01:02:03.000Z')
const vm = '/subscriptions/s/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/web-1'
/** Dates are text and truths are 0 or 1. */
const contract = {
  replication_jobs: {
    columns: [
      ...['source_snapshot text', 'target_snapshot text', 'source_region text', 'target_region text'],
      ...['source_resource_group text', 'target_resource_group text', 'status text', 'started_at text'],
      ...['completed_at text', 'error_message text', 'created_at text'],
    ],
    indexes: ['idx_snapshot source_snapshot', 'idx_status status', 'idx_target_region target_region'],
  },
  verifications: {
    columns: [
      ...['backup_name text', 'vm_name text', 'verified_at text', 'success integer', 'disk_readable integer'],
      ...['size_matches integer', 'test_disk_created integer', 'test_disk_deleted integer', 'error_message text'],
      ...['verification_time_seconds real', 'created_at text'],
    ],
    indexes: [
      ...['idx_backup_name backup_name', 'idx_success success', 'idx_verified_at verified_at', 'idx_vm_name vm_name'],
    ],
  },
  dr_tests: {
    columns: [
      ...['vm_name text', 'backup_name text', 'test_region text', 'started_at text', 'completed_at text'],
      ...['success integer', 'restore_succeeded integer', 'boot_succeeded integer', 'connectivity_succeeded integer'],
      ...['cleanup_succeeded integer', 'rto_seconds real', 'error_message text', 'created_at text'],
    ],
    indexes: ['idx_started_at started_at', 'idx_success_test success', 'idx_vm_name_test vm_name'],
  },
}
let folder: string
const opened: OpenRecords[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'azlin-db-'))
})
afterEach(async () => {
  for (const records of opened.splice(0)) await records.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(where = folder): Promise<OpenRecords> {
  const records = await openRecords(where)
  opened.push(records)
  return records
}

/** A real second process that opens the same folder and runs `body` with `records`. */
function other(body: string): ReturnType<typeof spawn> {
  const module = new URL('../../src/db/open.js', import.meta.url).href
  const script = `import { openRecords } from ${JSON.stringify(module)}
    const records = await openRecords(${JSON.stringify(folder)})
    ${body}`
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
}

describe('the database', () => {
  it('is for its owner alone, folder and all', async () => {
    const home = join(folder, 'new', '.azlin')
    mkdirSync(home, { recursive: true, mode: 0o755 })
    writeFileSync(join(home, 'config.toml'), '', { mode: 0o644 })
    const records = await open(home)
    await records.audit.begin('trigger', vm, at)
    const modes = ['', 'azlin.db', 'azlin.db-wal', 'azlin.db-shm', 'config.toml'].map(
      (name) => statSync(join(home, name)).mode & 0o777,
    )
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600, 0o600])
  })

  it('has the tables and indexes of the contract', async () => {
    await open()
    const raw = rawDatabase(join(folder, 'azlin.db'), { readonly: true })
    const shape = Object.fromEntries(
      Object.keys(contract).map((table) => [
        table,
        {
          columns: raw
            .prepare(`select name || ' ' || lower(type) from pragma_table_info('${table}') where name <> 'id'`)
            .pluck()
            .all(),
          indexes: raw
            .prepare(
              `select i.name || ' ' || c.name from pragma_index_list('${table}') i, pragma_index_info(i.name) c order by 1`,
            )
            .pluck()
            .all(),
        },
      ]),
    )
    // More columns and indexes may be added, none may go.
    const atLeast = Object.entries(contract).map(([table, { columns, indexes }]) => [
      table,
      { columns: expect.arrayContaining(columns), indexes: expect.arrayContaining(indexes) },
    ])
    expect(shape).toEqual(Object.fromEntries(atLeast))
    raw.close()
  })

  it('is made once by four processes that all want to be the first', async () => {
    const children = Array.from({ length: 4 }, () =>
      other("await records.audit.begin('x', 'y', new Date()); await records.close()"),
    )
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'close'))[0]))
    expect(codes).toEqual([0, 0, 0, 0])
    await open()
    const raw = rawDatabase(join(folder, 'azlin.db'), { readonly: true })
    expect(raw.prepare('select count(*) from audit').pluck().get()).toBe(4)
    expect(raw.prepare('select count(*) from kysely_migration').pluck().get()).toBe(
      Object.keys(await migrations.getMigrations()).length,
    )
    raw.close()
  })

  it('of a newer azlin is left alone', async () => {
    await (await openRecords(folder)).close()
    const raw = rawDatabase(join(folder, 'azlin.db'))
    raw.prepare("insert into kysely_migration (name, timestamp) values ('0099-later', '2030')").run()
    raw.close()
    await expect(open()).rejects.toMatchObject({ code: 'DATABASE_NEWER', details: { file: join(folder, 'azlin.db') } })
  })

  it.each<[string, (file: string) => void, string]>([
    ['is no database', (file) => writeFileSync(file, 'x'.repeat(4096)), 'not a database'],
    ['is a folder', (file) => mkdirSync(file), 'folder'],
    ['is damaged', damage, 'damaged'],
  ])('that %s is refused by name', async (_, spoil, reason) => {
    spoil(join(folder, 'azlin.db'))
    const refusal = expect(open()).rejects
    await refusal.toMatchObject({ code: 'DATABASE_UNUSABLE', message: expect.stringContaining(reason) })
  })

  it('in a folder that is a file is refused by name', async () => {
    writeFileSync(join(folder, 'home'), '')
    await expect(open(join(folder, 'home'))).rejects.toMatchObject({ code: 'DATABASE_UNUSABLE' })
  })
})

/** A database whose first page says it is one, and whose schema cannot be read. */
function damage(file: string): void {
  const raw = rawDatabase(file)
  raw.exec('create table a (b); create table kysely_migration (name text, timestamp text)')
  raw.close()
  const bytes = readFileSync(file)
  bytes.fill(0xff, 100, 4096)
  writeFileSync(file, bytes)
}

describe('the journal', () => {
  it('gives back what was written, until it is closed', async () => {
    const { journal } = await open()
    const text = fc.string({ maxLength: 40 })
    const details = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.oneof(text, fc.integer(), fc.boolean()))
    await fc.assert(
      fc.asyncProperty(text, text, details, async (resourceId, purpose, more) => {
        const id = await journal.open({ kind: 'disk', resourceId, purpose, details: more }, at)
        const [entry, ...rest] = (await journal.list()).filter((one) => one.id === id)
        expect(entry).toMatchObject({ kind: 'disk', resourceId, purpose, createdAt: at, ownerAlive: true })
        expect(entry?.details).toEqual({ ...more })
        expect(rest).toEqual([])
        await journal.close(id)
      }),
      { numRuns: 30 },
    )
    expect(await journal.list()).toEqual([])
  })

  it('outlives the process that wrote it, and says that it is dead', async () => {
    const child =
      other(`await records.journal.open({ kind: 'vm', resourceId: 'r', purpose: 'p', details: {} }, new Date())
      console.log('written'); setInterval(() => {}, 1000)`)
    if (child.stdout) await once(child.stdout, 'data')
    const { journal } = await open()
    expect((await journal.list())[0]?.ownerAlive).toBe(true)
    child.kill('SIGKILL')
    await once(child, 'close')
    expect(await journal.list()).toMatchObject([{ kind: 'vm', ownerAlive: false }])
  })
})

describe('the turnstile', () => {
  it('lets one in at a time, whatever it is for and however the id is written', async () => {
    const { turnstile } = await open()
    const first = await turnstile.enter('backup', vm, at)
    expect(first.entered).toBe(true)
    expect(await turnstile.enter('restore', vm.toUpperCase(), at)).toEqual({
      entered: false,
      what: 'backup',
      since: at,
    })
    expect((await turnstile.enter('backup', `${vm}0`, at)).entered).toBe(true)
    if (first.entered) await first.leave()
    expect((await turnstile.enter('restore', vm, at)).entered).toBe(true)
  })

  it('lets exactly one of several processes in', async () => {
    await open()
    const body = `const turn = await records.turnstile.enter('backup', ${JSON.stringify(vm)}, new Date())
      console.log(turn.entered); setTimeout(() => process.exit(0), 3000)`
    const children = Array.from({ length: 4 }, () => other(body))
    const said = await Promise.all(
      children.map(async (child) => (child.stdout ? String((await once(child.stdout, 'data'))[0]).trim() : '')),
    )
    expect(said.toSorted()).toEqual(['false', 'false', 'false', 'true'])
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(children.map((child) => once(child, 'close')))
  })

  it('takes the place of a holder that was killed', async () => {
    const child = other(`await records.turnstile.enter('backup', ${JSON.stringify(vm)}, new Date())
      console.log('in'); setInterval(() => {}, 1000)`)
    if (child.stdout) await once(child.stdout, 'data')
    const { turnstile } = await open()
    expect((await turnstile.enter('backup', vm, at)).entered).toBe(false)
    child.kill('SIGKILL')
    await once(child, 'close')
    expect((await turnstile.enter('backup', vm, at)).entered).toBe(true)
  })

  it('waits two hours for a holder on another computer', async () => {
    const { turnstile } = await open()
    const raw = rawDatabase(join(folder, 'azlin.db'))
    raw.prepare("insert into turns values (?, 'backup', 'elsewhere', 1, '', ?)").run(vm.toLowerCase(), at.toISOString())
    raw.close()
    const later = (ms: number) => new Date(+at + ms)
    expect((await turnstile.enter('backup', vm, later(2 * 3_600_000))).entered).toBe(false)
    expect((await turnstile.enter('backup', vm, later(2 * 3_600_000 + 1))).entered).toBe(true)
  })
})

describe('the audit log', () => {
  it('keeps what was done, when, and how it ended', async () => {
    const { audit } = await open()
    const id = await audit.begin('restore', vm, at, { backup: 'b' })
    await audit.end(id, 'failed', new Date(+at + 1000), { code: 'LOCKED', message: 'A lock.' })
    const raw = rawDatabase(join(folder, 'azlin.db'), { readonly: true })
    expect(raw.prepare('select * from audit').get()).toMatchObject({
      operation: 'restore',
      subject: vm,
      started_at: '2026-11-23T01:02:03.000Z',
      ended_at: '2026-11-23T01:02:04.000Z',
      outcome: 'failed',
      error_code: 'LOCKED',
      details: '{"backup":"b"}',
    })
    raw.close()
  })

  it('does not fail finished work when the file has gone bad', async () => {
    const records = await openRecords(folder)
    const id = await records.audit.begin('restore', vm, at)
    await records.close()
    await expect(records.audit.end(id, 'succeeded', at)).resolves.toBeUndefined()
  })
})
