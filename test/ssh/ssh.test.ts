/** SSH with real servers on loopback: one that works, and each way in which one does not. */
import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import ssh2 from 'ssh2'
import { readLogin } from '../../src/ssh/private-key.js'
import { Ssh2 } from '../../src/ssh/ssh2.js'

const { signal } = new AbortController()
const hostKeys = ssh2.utils.generateKeyPairSync('ed25519')
const mine = ssh2.utils.generateKeyPairSync('ed25519')
const other = ssh2.utils.generateKeyPairSync('ed25519')
const locked = ssh2.utils.generateKeyPairSync('ed25519', { passphrase: 'open', cipher: 'aes256-ctr', rounds: 16 })
const ssh = new Ssh2()
const open: (() => void)[] = []

afterEach(() => {
  for (const close of open.splice(0)) close()
})

function listening(server: Pick<NetServer, 'listen' | 'address' | 'close'>): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
    open.push(() => void server.close())
  })
}

/** A machine with an SSH server; `say` is what a command of it prints, with its exit code. */
function machine(say: (command: string) => { out?: string; err?: string; code?: number }): Promise<number> {
  const allowed = ssh2.utils.parseKey(mine.public)
  if (allowed instanceof Error || Array.isArray(allowed)) throw new Error('no key')
  const server = new ssh2.Server({ hostKeys: [hostKeys.private], ident: 'azlin test' }, (client) => {
    client.on('error', () => {})
    client.on('authentication', (context) => {
      if (context.method !== 'publickey' || context.username !== 'ops') return context.reject(['publickey'])
      if (!context.key.data.equals(allowed.getPublicSSH())) return context.reject(['publickey'])
      if (!context.signature || allowed.verify(context.blob ?? Buffer.alloc(0), context.signature, context.hashAlgo))
        return context.accept()
      return context.reject()
    })
    client.on('ready', () =>
      client.on('session', (accept) =>
        accept().on('exec', (acceptExec, _reject, { command }) => {
          const { out = '', err = '', code = 0 } = say(command)
          const channel = acceptExec()
          channel.write(out)
          channel.stderr.write(err)
          channel.exit(code)
          channel.end()
        }),
      ),
    )
  })
  return listening(server)
}

/** Something on a port that is no SSH server. */
function stranger(talk: (socket: Socket) => void): Promise<number> {
  return listening(
    createServer((socket) => {
      socket.on('error', () => {})
      open.push(() => socket.destroy())
      talk(socket)
    }),
  )
}

const at = (port: number, timeoutMs = 5000) => ({ host: '127.0.0.1', port, timeoutMs })
const login = { user: 'ops', privateKey: mine.private }

async function whyOf(port: number, more: Parameters<Ssh2['handshake']>[0] | object = {}, timeoutMs = 5000) {
  try {
    await ssh.handshake({ ...at(port, timeoutMs), ...more }, signal)
  } catch (error) {
    return error
  }
  throw new Error('it was expected to be refused')
}

describe('an SSH handshake', () => {
  it('exchanges versions and keys without logging in', async () => {
    const port = await machine(() => ({}))
    const parsed = ssh2.utils.parseKey(hostKeys.public)
    if (parsed instanceof Error || Array.isArray(parsed)) throw new Error('no key')
    const print = createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replaceAll('=', '')
    expect(await ssh.handshake(at(port), signal)).toEqual({
      banner: 'SSH-2.0-azlin test',
      hostKeyFingerprint: `SHA256:${print}`,
      loggedIn: false,
    })
  })

  it('logs in with a key and runs `true`, and only a 0 counts', async () => {
    const ran: string[] = []
    let code = 0
    const port = await machine((command) => {
      ran.push(command)
      return { code }
    })
    expect(await ssh.handshake({ ...at(port), login }, signal)).toMatchObject({ loggedIn: true })
    code = 1
    expect(await ssh.handshake({ ...at(port), login }, signal)).toMatchObject({ loggedIn: false })
    expect(ran).toEqual(['true', 'true'])
  })

  it('says that a login was refused', async () => {
    const port = await machine(() => ({}))
    expect(await whyOf(port, { login: { user: 'ops', privateKey: other.private } })).toMatchObject({
      code: 'SSH_FAILED',
      details: { why: 'authentication refused', port },
    })
    expect(await whyOf(port, { login: { ...login, user: 'root' } })).toMatchObject({
      details: { why: 'authentication refused' },
      retryable: false,
    })
  })

  it('says that nothing listens', async () => {
    const port = await stranger(() => {})
    for (const close of open.splice(0)) close()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await whyOf(port)).toMatchObject({ details: { why: 'refused' }, retryable: true })
  })

  it('does not take silence, a web server or a closed door for SSH', async () => {
    const silent = await stranger(() => {})
    expect(await whyOf(silent, {}, 300)).toMatchObject({ details: { why: 'no banner' } })
    const web = await stranger((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    expect(await whyOf(web)).toMatchObject({ details: { why: 'no banner' } })
    const closing = await stranger((socket) => void socket.end())
    expect(await whyOf(closing)).toMatchObject({ details: { why: 'no banner' } })
  })

  it('does not take a banner alone for SSH', async () => {
    const liar = await stranger((socket) => void socket.end('SSH-2.0-OpenSSH_9.6\r\nand nothing else\r\n'))
    expect(await whyOf(liar)).toMatchObject({ details: { why: 'key exchange failed' } })
    const hanging = await stranger((socket) => void socket.write('SSH-2.0-OpenSSH_9.6\r\n'))
    expect(await whyOf(hanging, {}, 300)).toMatchObject({
      details: { why: 'timed out', reason: expect.stringContaining('SSH-2.0-OpenSSH_9.6') },
    })
  })

  it('ends at once when it is interrupted, with the reason of the interruption', async () => {
    const silent = await stranger(() => {})
    const stop = new AbortController()
    const reason = new Error('stop')
    const asked = ssh.handshake(at(silent), stop.signal)
    setTimeout(() => stop.abort(reason), 50)
    await expect(asked).rejects.toBe(reason)
  })
})

describe('a command over SSH', () => {
  it('gives its exit code and the end of what it printed on both streams', async () => {
    const port = await machine((command) =>
      command === 'check' ? { out: `${'x'.repeat(5000)}out`, err: 'err', code: 7 } : {},
    )
    const { exitCode, output } = await ssh.run({ ...at(port), login, command: 'check' }, signal)
    expect(exitCode).toBe(7)
    expect(output).toHaveLength(4096)
    expect(output).toContain('err')
  })
})

describe('a private key', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'azlin-key-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function file(text: string | Buffer): Promise<string> {
    const path = join(folder, `key-${Math.random()}`)
    await writeFile(path, text)
    return path
  }
  const reasonOf = async (text: string | Buffer, passphrase?: string) => {
    try {
      await readLogin('ops', await file(text), passphrase)
    } catch (error) {
      return error
    }
    throw new Error('it was expected to be refused')
  }

  it('is read in the forms that ssh-keygen and openssl write', async () => {
    expect(await readLogin('ops', await file(mine.private), undefined)).toEqual(login)
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
    expect(await readLogin('ops', await file(pem), undefined)).toEqual({ user: 'ops', privateKey: pem })
    expect(await readLogin('ops', await file(locked.private), 'open')).toMatchObject({ passphrase: 'open' })
  })

  it('is refused when it is something else, or locked, and it is said what to do', async () => {
    const invalid = (why: string) => ({ code: 'INVALID_INPUT', details: { why: expect.stringContaining(why) } })
    expect(await reasonOf(mine.public)).toMatchObject(invalid('no private key'))
    expect(await reasonOf('hello')).toMatchObject(invalid('no private key'))
    expect(await reasonOf('')).toMatchObject(invalid('no private key'))
    expect(await reasonOf(Buffer.alloc(70_000, 65))).toMatchObject(invalid('too long'))
    expect(await reasonOf(locked.private)).toMatchObject(invalid('AZLIN_SSH_PASSPHRASE'))
    expect(await reasonOf(locked.private, 'wrong')).toMatchObject(invalid('does not open'))
    await expect(readLogin('ops', join(folder, 'nowhere'), undefined)).rejects.toMatchObject(
      invalid('there is no such file'),
    )
    await expect(readLogin('ops', folder, undefined)).rejects.toMatchObject(invalid('it is a folder'))
  })
})
