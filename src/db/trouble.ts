import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { AzlinError } from '../core/errors.js'

const notBuilt = 'better-sqlite3 is not built for this Node.js; npm rebuild better-sqlite3 builds it'
/** SQLite cannot work in less. */
const leastRoom = 64 * 1024

/** What SQLite and the file system mean, by the beginning of their code. */
const reasons: readonly (readonly [code: string, reason: string])[] = [
  ['SQLITE_NOTADB', 'it is not a database'],
  ['SQLITE_CORRUPT', 'it is damaged'],
  ['SQLITE_READONLY', 'it cannot be written to'],
  ['SQLITE_FULL', 'the disk is full'],
  ['SQLITE_BUSY', 'another azlin holds it and does not let go'],
  ['SQLITE_LOCKED', 'another azlin holds it and does not let go'],
  ['SQLITE_CANTOPEN', 'it cannot be opened'],
  ['SQLITE_IOERR', 'reading or writing it failed'],
  ['SQLITE_ERROR', 'it is not laid out as azlin lays it out'],
  ['ENOSPC', 'the disk is full'],
  ['EACCES', 'this user may not open it'],
  ['EPERM', 'this user may not open it'],
  ['EROFS', 'its file system is read-only'],
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'a part of its path is no folder'],
  ['EEXIST', 'a part of its path is no folder'],
  ['ERR_DLOPEN_FAILED', notBuilt],
]

/** Does the work; what goes wrong with the file leaves as DATABASE_UNUSABLE. */
export async function usable<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const reason = AzlinError.is(error) ? undefined : reasonOf(error, file)
    if (reason === undefined) throw error
    throw new AzlinError('DATABASE_UNUSABLE', { file, reason }, { cause: error })
  }
}

/** Undefined for what has nothing to do with the file. */
function reasonOf(error: unknown, file: string): string | undefined {
  const { code = '', message = '' } = error as { code?: unknown; message?: string }
  const text = String(code)
  if (text.startsWith('SQLITE_IOERR') && isFull(dirname(file))) return 'the disk is full'
  // What the `bindings` package throws has no code.
  if (message.startsWith('Could not locate the bindings file')) return notBuilt
  const known = reasons.find(([start]) => text.startsWith(start))
  if (known) return known[0] === 'SQLITE_ERROR' ? `${known[1]} (${message})` : known[1]
  return /^(SQLITE_|E[A-Z]+$)/.test(text) ? message : undefined
}

/** Some shortages reach SQLite as a failed write without a cause. */
function isFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize < leastRoom
  } catch {
    return false
  }
}
