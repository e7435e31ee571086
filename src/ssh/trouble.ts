/** Why a conversation did not come about: by how far it had come, and by what was said at the end. */
import { AzlinError } from '../core/errors.js'
import type { SshTarget, SshTrouble } from '../core/ports/ssh.js'

/** How far a conversation has come. */
export interface Stage {
  connected: boolean
  /** The server's own line, as it was sent. */
  banner: string | undefined
  hostKeyFingerprint: string | undefined
  keysExchanged: boolean
}

type Place = Pick<SshTarget, 'host' | 'port'>

export function sshFailure(place: Place, stage: Stage, error: unknown): AzlinError {
  if (AzlinError.is(error)) return error
  const said = textAt(error, 'message') ?? String(error)
  const refused = stage.connected ? undefined : refusals[textAt(error, 'code') ?? '']
  const why = refused ?? (stage.connected ? whyOf(stage, error) : 'unreachable')
  return failure(place, why, refused ? '' : said, error)
}

/** The other side closed the connection, or it was never opened. */
export function cutOff(place: Place, stage: Stage): AzlinError {
  if (!stage.connected) return failure(place, 'unreachable', 'the connection was never opened')
  const when = stage.banner === undefined ? 'before it said who it is' : `after ${stage.banner}`
  return failure(place, whyOf(stage, undefined), `the connection was closed ${when}`)
}

export function outOfTime(place: SshTarget, stage: Stage): AzlinError {
  const spent = `${Math.round(place.timeoutMs / 1000)} s`
  if (!stage.connected) return failure(place, 'timed out', `no answer in ${spent}`)
  if (stage.banner === undefined) return failure(place, 'no banner', `it said nothing in ${spent}`)
  return failure(place, 'timed out', `it said ${stage.banner}, and had not finished after ${spent}`)
}

const refusals: Readonly<Record<string, SshTrouble>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timed out',
}

function whyOf({ banner, keysExchanged }: Stage, error: unknown): SshTrouble {
  // ssh2's own word for where an error arose.
  if (textAt(error, 'level') === 'client-authentication') return 'authentication refused'
  if (banner === undefined) return 'no banner'
  return keysExchanged ? 'broken off' : 'key exchange failed'
}

function failure({ host, port }: Place, why: SshTrouble, reason: string, cause?: unknown): AzlinError<'SSH_FAILED'> {
  return new AzlinError('SSH_FAILED', { host, port, why, reason }, { cause })
}

export function textAt(error: unknown, key: string): string | undefined {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, key) : undefined
  return typeof value === 'string' ? value : undefined
}
