import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { openRecords } from '../../src/db/open.js'
import { isEverybodys } from '../../src/db/state-folder.js'
import { rawDatabase } from '../support/raw-database.js'

const at = new Date('2026-11-23T01:02:03.000Z')
const source = (path: string) => JSON.stringify(new URL(`../../src/db/${path}`, import.meta.url).href)
let folder: string
let mounted = false

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'azlin-db-'))
})
afterEach(() => {
  // Lazily: a file that is still open must not leave the mount behind.
  if (mounted) shell(`umount -l ${folder}`)
  mounted = false
  rmSync(folder, { recursive: true, force: true })
})

/** A file system of its own for the folder. */
function mount(options: string): void {
  shell(`mount -t tmpfs -o ${options} tmpfs ${folder}`)
  mounted = true
}

function shell(line: string): void {
  execFileSync('sh', ['-c', line], { stdio: 'pipe' })
}

const mayMount = ((): boolean => {
  const place = mkdtempSync(join(tmpdir(), 'azlin-mount-'))
  try {
    shell(`mount -t tmpfs -o size=64k tmpfs ${place} && umount ${place}`)
    return true
  } catch {
    console.info('This user may not mount, so full and read-only disks are not tried here.')
    return false
  } finally {
    rmSync(place, { recursive: true })
  }
})()
const onOwnDisk = mayMount ? describe : describe.skip

/** Runs a script in a process of its own and gives back what it wrote. */
async function said(script: string, timeout = 60_000): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout,
    killSignal: 'SIGKILL',
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more
  })
  await once(child, 'close')
  return text.trim()
}

const unusable = (reason: string) => ({
  code: 'DATABASE_UNUSABLE',
  details: { file: join(folder, 'azlin.db'), reason: expect.stringContaining(reason) },
})

onOwnDisk('on a disk of its own', () => {
  it.each([16, 40, 64, 100, 128])('a database that finds %i KiB says that the disk is full', async (size) => {
    mount(`size=${size}k`)
    await expect(openRecords(folder)).rejects.toMatchObject(unusable('disk is full'))
  })

  it('a journal says that the disk is full before anything is made', async () => {
    mount('size=400k')
    const records = await openRecords(folder)
    try {
      const entry = { kind: 'disk' as const, resourceId: 'r'.repeat(2000), purpose: 'p', details: {} }
      const fill = async () => {
        for (let i = 0; i < 1000; i++) await records.journal.open(entry, at)
      }
      await expect(fill()).rejects.toMatchObject(unusable('disk is full'))
    } finally {
      await records.close()
    }
  })

  it('a database that was there before the disk was full is refused when it is opened', async () => {
    mount('size=400k')
    await (await openRecords(folder)).close()
    expect(() => writeFileSync(join(folder, 'ballast'), Buffer.alloc(500_000))).toThrow('ENOSPC')
    await expect(openRecords(folder)).rejects.toMatchObject(unusable('disk is full'))
  })

  it('a database that can be opened, and not be written to any more, is found out where it has to prove it', async () => {
    mount('size=400k')
    await (await openRecords(folder)).close()
    const ballast = join(folder, 'ballast')
    expect(() => writeFileSync(ballast, Buffer.alloc(500_000))).toThrow('ENOSPC')
    truncateSync(ballast, statSync(ballast).size - 48 * 1024)
    await (await openRecords(folder)).close()
    await expect(openRecords(folder, { proven: true })).rejects.toMatchObject(unusable('disk is full'))
  })

  it('a database that cannot be written to is refused', async () => {
    mount('size=1m')
    await (await openRecords(folder)).close()
    shell(`mount -o remount,ro ${folder}`)
    await expect(openRecords(folder)).rejects.toMatchObject(unusable('read-only'))
  })
})

describe('a database', () => {
  it('in a folder that is not there is made with all folders above it, for their owner alone', async () => {
    const deep = join(folder, 'a', 'b')
    await (await openRecords(deep)).close()
    expect([join(folder, 'a'), deep].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700])
  })

  it('that proves that it can be written to is as it was before', async () => {
    const records = await openRecords(folder, { proven: true })
    await records.close()
    const raw = rawDatabase(join(folder, 'azlin.db'))
    expect(raw.prepare('select * from turns').all()).toEqual([])
    raw.close()
  })

  it('in a folder that nobody can make is refused at once', async () => {
    const script = `import { openRecords } from ${source('open.js')}
      await openRecords('/proc/nowhere/azlin').catch((error) => console.log(error.code))`
    expect(await said(script, 20_000)).toBe('DATABASE_UNUSABLE')
  })

  it('of another program is refused in plain words', async () => {
    const raw = rawDatabase(join(folder, 'azlin.db'))
    raw.exec('create table audit (something text)')
    raw.close()
    await expect(openRecords(folder)).rejects.toMatchObject(unusable('not laid out'))
  })

  it('that another azlin, a newer one, made while this one waited is left alone', async () => {
    const raw = rawDatabase(join(folder, 'azlin.db'))
    raw.pragma('journal_mode = WAL')
    raw.exec(`begin immediate; create table kysely_migration (name text, timestamp text);
      insert into kysely_migration values ('0001-first', '2026'), ('0099-later', '2030')`)
    const waiting = said(`import { openRecords } from ${source('open.js')}
      await openRecords(${JSON.stringify(folder)}).catch((error) => console.log(error.code))`)
    await new Promise((resolve) => setTimeout(resolve, 1500))
    raw.exec('commit')
    raw.close()
    expect(await waiting).toBe('DATABASE_NEWER')
  })

  it('is said to need its native part where that was not built', async () => {
    const notThere = `import { createRequire } from 'node:module'
      import { usable } from ${source('trouble.js')}
      const better = createRequire(${source('open.js')}).resolve('better-sqlite3')
      const bindings = createRequire(better)('bindings')
      for (const load of [() => bindings('no-such.node'), () => process.dlopen({ exports: {} }, process.argv[0] + '/no')])
        await usable('f', async () => load()).catch((error) => console.log(error.message))`
    const lines = (await said(notThere)).split('\n')
    expect(lines).toHaveLength(2)
    for (const line of lines) expect(line).toContain('npm rebuild better-sqlite3')
  })
})

describe('the state folder', () => {
  it('is closed to others when it was open to them, and so is the file', async () => {
    chmodSync(folder, 0o755)
    writeFileSync(join(folder, 'azlin.db'), '', { mode: 0o644 })
    await (await openRecords(folder)).close()
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'azlin.db')).mode & 0o777).toBe(0o600)
  })

  it('is none that belongs to everybody, by whatever name', () => {
    const byOtherName = join(folder, 'link')
    symlinkSync('/tmp', byOtherName)
    expect(['/', '/tmp', '/tmp/../var/tmp/', byOtherName].filter((path) => !isEverybodys(path))).toEqual([])
    expect([folder, '/etc'].filter(isEverybodys)).toEqual([])
  })
})
