/** The port `Ssh` over the ssh2 package. */
import type { Client } from 'ssh2'
import type { Ssh, SshHandshake, SshLogin, SshOutcome, SshTarget } from '../core/ports/ssh.js'
import { converse, type Target } from './conversation.js'

/** As much as Run Command keeps, so that both ways of checking show the same. */
const outputKept = 4096
/** What a shell says of a command that a signal ended, when the server does not say which. */
const endedBySignal = 255

export class Ssh2 implements Ssh {
  handshake(target: Target, signal: AbortSignal): Promise<SshHandshake> {
    return converse(target, signal, async (client, { banner = '', hostKeyFingerprint = '' }) => {
      const loggedIn = target.login !== undefined && (await execute(client, 'true')).exitCode === 0
      return { banner, hostKeyFingerprint, loggedIn }
    })
  }

  run(
    { command, ...target }: SshTarget & { readonly login: SshLogin; readonly command: string },
    signal: AbortSignal,
  ): Promise<SshOutcome> {
    return converse(target, signal, (client) => execute(client, command))
  }
}

function execute(client: Client, command: string): Promise<SshOutcome> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error)
      let output = Buffer.alloc(0)
      let exitCode = endedBySignal
      const keep = (chunk: Buffer) => {
        output = Buffer.concat([output, chunk]).subarray(-outputKept)
      }
      channel.on('data', keep).stderr.on('data', keep)
      channel.on('exit', (code: number | null) => {
        exitCode = code ?? endedBySignal
      })
      channel.on('error', reject)
      channel.on('close', () => resolve({ exitCode, output: output.toString('utf8') }))
      channel.end()
    })
  })
}
