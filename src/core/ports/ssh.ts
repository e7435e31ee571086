/** SSH to a machine that was restored, from the computer that azlin runs on. Nothing is written to known_hosts. */

/** Why a conversation did not come about; each points at another part of the machine or the way to it. */
export const sshTroubles = [
  'refused',
  'timed out',
  'unreachable',
  'no banner',
  'key exchange failed',
  'authentication refused',
  'broken off',
] as const
export type SshTrouble = (typeof sshTroubles)[number]

export interface SshLogin {
  readonly user: string
  /** PEM or OpenSSH text of a private key. */
  readonly privateKey: string
  readonly passphrase?: string | undefined
}

export interface SshTarget {
  readonly host: string
  readonly port: number
  /** For the whole conversation. */
  readonly timeoutMs: number
}

export interface SshHandshake {
  /** The server's first line, as in `SSH-2.0-OpenSSH_9.6`. */
  readonly banner: string
  /** `SHA256:…`, as ssh-keygen shows it. */
  readonly hostKeyFingerprint: string
  /** A login was asked for, and `true` ended with 0. */
  readonly loggedIn: boolean
}

export interface SshOutcome {
  readonly exitCode: number
  /** Both streams as they came, the last 4096 bytes. */
  readonly output: string
}

export interface Ssh {
  /** Exchanges versions and keys; with a login also authenticates and runs `true`. SSH_FAILED, or the signal's reason. */
  handshake(target: SshTarget & { readonly login?: SshLogin | undefined }, signal: AbortSignal): Promise<SshHandshake>
  /** Runs a command and waits for its end. A command that fails is an outcome, not an error. */
  run(
    target: SshTarget & { readonly login: SshLogin; readonly command: string },
    signal: AbortSignal,
  ): Promise<SshOutcome>
}
