/** The folder that holds the database, and the rights to it: its owner's alone. */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, parse, resolve } from 'node:path'
import { AzlinError } from '../core/errors.js'

/** Makes what is not there, and closes to others what is: folder 0700, files 0600. */
export function prepare(folder: string, file: string): void {
  make(resolve(folder))
  if (isEverybodys(folder))
    throw new AzlinError('DATABASE_UNUSABLE', { file, reason: 'its folder belongs to everybody; azlin wants its own' })
  tighten(folder, 0o700)
  // Made by hand first, so that it never exists with other people's rights. SQLite gives -wal and -shm the same.
  closeSync(openSync(file, 'a', 0o600))
  for (const one of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(one)) tighten(one, 0o600)
  const settings = join(folder, 'config.toml')
  if (existsSync(settings) && isMine(settings)) tighten(settings, 0o600)
}

/** Settings may also be put there by whoever runs the computer, for others to read. */
function isMine(path: string): boolean {
  return statSync(path).uid === process.getuid?.()
}

/** One by one from above: Node.js's own recursive way never ends where nothing can be made, as in /proc. */
function make(folder: string): void {
  if (existsSync(folder)) return
  make(dirname(folder))
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Another azlin was quicker.
    if (!existsSync(folder)) throw error
  }
}

/** To close one of these to everybody else would stop the whole computer's work. */
export function isEverybodys(folder: string): boolean {
  const path = realpathSync(folder)
  const shared = ['/tmp', '/var/tmp', '/dev/shm'].filter((one) => existsSync(one))
  return path === parse(path).root || shared.some((one) => realpathSync(one) === path)
}

function tighten(path: string, mode: number): void {
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, mode)
}
