/** The SSH server in a guest: lets in who has a key of the machine, and runs what is asked for. */
import type { Socket } from 'node:net'
import type { AuthContext, Connection, ParsedKey, Server } from 'ssh2'
import type { SshTrouble } from '../faults.js'
import type { ScriptOutcome } from './script.js'

export interface SshService {
  readonly hostKey: string
  readonly user: string
  /** Public keys as they stand in `authorized_keys`. */
  readonly authorizedKeys: readonly string[]
  readonly trouble: 'well' | SshTrouble
  readonly run: (command: string) => Promise<ScriptOutcome>
}

const ident = 'OpenSSH_8.9p1 Ubuntu-3ubuntu0.13'

/** Serves one connection. */
export async function serveSsh(socket: Socket, service: SshService): Promise<void> {
  socket.on('error', () => undefined)
  if (service.trouble === 'silent') return
  if (service.trouble === 'closed') return void socket.destroy()
  if (service.trouble === 'banner') return void socket.end('220 smtp.example.com ESMTP ready\r\n')
  if (service.trouble === 'kex') return void socket.end(`SSH-2.0-${ident}\r\n${'\0'.repeat(64)}`)
  const server = await serverOf(service)
  server.injectSocket(socket)
}

async function serverOf(service: SshService): Promise<Server> {
  const { default: ssh2 } = await import('ssh2')
  const { parseKey } = ssh2.utils
  const keys = service.authorizedKeys.map((key) => parseKey(key)).filter(isKey)
  const isKnown = (context: AuthContext): boolean => {
    if (context.method !== 'publickey' || context.username !== service.user) return false
    const key = keys.find((one) => one.getPublicSSH().equals(context.key.data))
    if (!key) return false
    // Without a signature it is only asked whether the key would do.
    if (!context.signature || !context.blob) return true
    return key.verify(context.blob, context.signature, context.hashAlgo) === true
  }
  return new ssh2.Server({ hostKeys: [service.hostKey], ident }, (client) => {
    client.on('error', () => undefined)
    client.on('authentication', (context) => (isKnown(context) ? context.accept() : context.reject(['publickey'])))
    client.on('ready', () => serveSessions(client, service))
  })
}

/** A line that is no key lets nobody in. */
function isKey(parsed: ParsedKey | Error): parsed is ParsedKey {
  return !(parsed instanceof Error)
}

function serveSessions(client: Connection, { run }: SshService): void {
  client.on('session', (accept) => {
    accept().on('exec', (acceptExec, _reject, { command }) => {
      const channel = acceptExec()
      channel.on('error', () => undefined)
      void run(command).then(
        ({ stdout, stderr, exitCode }) => {
          channel.stderr.write(stderr)
          channel.write(stdout, () => {
            channel.exit(exitCode)
            channel.end()
          })
        },
        () => {
          channel.exit(126)
          channel.end()
        },
      )
    })
  })
}
