/**
 * One SSH connection, from the first packet to its end. The socket is our own, so that a machine that does not
 * answer, one that refuses and one that talks something else are told apart.
 */
import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import ssh2, { type Client } from 'ssh2'
import type { SshLogin, SshTarget } from '../core/ports/ssh.js'
import { cutOff, outOfTime, type Stage, sshFailure } from './trouble.js'

/** RFC 4253: a line has 255 bytes at most, and a server may say something else before it. */
const longestGreeting = 8192

export type Target = SshTarget & { readonly login?: SshLogin | undefined }

/** What is done once keys are exchanged (and the login has succeeded, where there is one). */
export type Deed<T> = (client: Client, stage: Stage) => Promise<T>

/** Closes the connection at the end, however it ends, and never takes longer than the target's time. */
export async function converse<T>(target: Target, signal: AbortSignal, deed: Deed<T>): Promise<T> {
  signal.throwIfAborted()
  const stage: Stage = { connected: false, banner: undefined, hostKeyFingerprint: undefined, keysExchanged: false }
  const socket = connect({ host: target.host, port: target.port })
  const client = new ssh2.Client()
  let timer: NodeJS.Timeout | undefined
  let stop = () => {}
  try {
    return await new Promise<T>((resolve, reject) => {
      stop = () => reject(signal.reason)
      signal.addEventListener('abort', stop, { once: true })
      timer = setTimeout(() => reject(outOfTime(target, stage)), target.timeoutMs)
      const failed = (error: unknown) => reject(sshFailure(target, stage, error))
      const go = () => void deed(client, stage).then(resolve, failed)

      socket.once('connect', () => {
        stage.connected = true
        listenForBanner(socket, stage)
        speak(client, socket, target, stage)
      })
      socket.on('error', failed)
      socket.on('close', () => reject(cutOff(target, stage)))
      client.on('error', failed)
      client.on('handshake', () => {
        stage.keysExchanged = true
        if (!target.login) go()
      })
      client.on('ready', go)
    })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    // What breaks while it closes is of no interest any more.
    for (const emitter of [client, socket]) emitter.removeAllListeners().on('error', () => {})
    client.destroy()
    socket.destroy()
  }
}

function speak(client: Client, socket: Socket, { login }: Target, stage: Stage): void {
  client.connect({
    sock: socket,
    username: login?.user ?? 'azlin',
    // The deadline is ours. A key is all that is tried: nothing is guessed, and no agent is asked.
    readyTimeout: 0,
    authHandler: login ? ['publickey'] : [],
    ...(login && { privateKey: login.privateKey }),
    ...(login?.passphrase !== undefined && { passphrase: login.passphrase }),
    hostVerifier: (key: Buffer) => {
      // A restored machine has the keys of its original, but another address: there is nothing to compare with.
      stage.hostKeyFingerprint = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
      return true
    },
  })
}

/** ssh2 keeps only a part of the server's line; both hear the same bytes. */
function listenForBanner(socket: Socket, stage: Stage): void {
  let heard = ''
  const listen = (chunk: Buffer) => {
    heard += chunk.toString('latin1')
    stage.banner = /^(SSH-[^\r\n]+)\r?\n/m.exec(heard)?.[1]
    if (stage.banner !== undefined || heard.length > longestGreeting) socket.off('data', listen)
  }
  socket.on('data', listen)
}
