import { AzlinError } from '../core/errors.js'

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
  ['ENOSPC', 'the disk is full'],
  ['EACCES', 'this user may not open it'],
  ['EPERM', 'this user may not open it'],
  ['EROFS', 'its file system is read-only'],
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'a part of its path is no folder'],
  ['EEXIST', 'a part of its path is no folder'],
]

/** Does the work; what goes wrong with the file leaves as DATABASE_UNUSABLE. */
export async function usable<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (AzlinError.is(error)) throw error
    const code = String((error as { code?: unknown }).code ?? '')
    const known = reasons.find(([start]) => code.startsWith(start))
    if (!known && !code.startsWith('SQLITE_') && !/^E[A-Z]+$/.test(code)) throw error
    throw new AzlinError('DATABASE_UNUSABLE', { file, reason: known?.[1] ?? code }, { cause: error })
  }
}
