/** SSH keys of the sandbox, in `<home>/ssh`: one to log in with, one that its servers show. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface GuestKeys {
  /** Private key of the user, in the form of OpenSSH; its public one is beside it, with `.pub`. */
  readonly userKeyFile: string
  readonly userPublicKey: string
  readonly hostKey: string
}

export async function guestKeys(home: string): Promise<GuestKeys> {
  const folder = join(home, 'ssh')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const [user, host] = [join(folder, 'id_ed25519'), join(folder, 'host_ed25519')]
  for (const file of [user, host]) if (!existsSync(file) || !existsSync(`${file}.pub`)) await make(file)
  return {
    userKeyFile: user,
    userPublicKey: readFileSync(`${user}.pub`, 'utf8').trim(),
    hostKey: readFileSync(host, 'utf8'),
  }
}

async function make(file: string): Promise<void> {
  const { default: ssh2 } = await import('ssh2')
  // Now and then ssh2 writes a key that it cannot read itself.
  let pair = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'azlin sandbox' })
  while (ssh2.utils.parseKey(pair.private) instanceof Error)
    pair = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'azlin sandbox' })
  writeFileSync(file, pair.private, { mode: 0o600 })
  writeFileSync(`${file}.pub`, `${pair.public}\n`, { mode: 0o600 })
}
