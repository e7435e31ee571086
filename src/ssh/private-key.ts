/** The user's private key: read and understood before anything is sent. */
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { fileTrouble } from '../core/domain/file-trouble.js'
import { AzlinError } from '../core/errors.js'
import type { SshLogin } from '../core/ports/ssh.js'

/** The file is one that a person made by hand; anything longer is not a key. */
const longestKey = 64 * 1024

/** INVALID_INPUT when the file cannot be read, is no private key, or is locked with another passphrase (or with one at all). */
export async function readLogin(user: string, file: string, passphrase: string | undefined): Promise<SshLogin> {
  const privateKey = await textOf(file.replace(/^~(?=\/|$)/, homedir()), file)
  const parsed = ssh2.utils.parseKey(privateKey, passphrase)
  if (parsed instanceof Error) throw unusable(file, whyNot(parsed, passphrase))
  const [key] = Array.isArray(parsed) ? parsed : [parsed]
  if (!key?.isPrivateKey()) throw unusable(file, 'it holds no private key')
  return { user, privateKey, ...(passphrase !== undefined && { passphrase }) }
}

async function textOf(path: string, typed: string): Promise<string> {
  try {
    const bytes = await readFile(path)
    if (bytes.length > longestKey) throw unusable(typed, 'it is too long for a key')
    return bytes.toString('utf8')
  } catch (error) {
    if (AzlinError.is(error)) throw error
    throw unusable(typed, `it cannot be read (${fileTrouble(error)})`)
  }
}

function whyNot(error: Error, passphrase: string | undefined): string {
  if (!/passphrase|encrypted|decrypt|bad passphrase|integrity/i.test(error.message)) return 'it holds no private key'
  return passphrase === undefined
    ? 'it is locked with a passphrase: put that into AZLIN_SSH_PASSPHRASE'
    : 'the passphrase in AZLIN_SSH_PASSPHRASE does not open it'
}

function unusable(file: string, why: string): AzlinError<'INVALID_INPUT'> {
  return new AzlinError('INVALID_INPUT', {
    what: '--ssh-key',
    value: file,
    why,
    example: join('~', '.ssh', 'id_ed25519'),
  })
}
