/** Looks into a restored machine: SSH from here, or a script in it through Run Command. */

import type { DrillLogin } from '../domain/drill.js'
import type { HttpCheck } from '../domain/drill-input.js'
import {
  commandScript,
  type GuestOutcome,
  httpCommand,
  httpScript,
  parseGuestOutput,
  sshBannerScript,
} from '../domain/drill-scripts.js'
import { AzlinError } from '../errors.js'
import type { Run } from '../run.js'
import type { DrillDeps } from './drill-deps.js'
import type { TestMachine } from './drill-restore.js'

export type Probe =
  | { readonly kind: 'banner' }
  | { readonly kind: 'http'; readonly check: HttpCheck }
  | { readonly kind: 'command'; readonly command: string }

/** A server that is just starting may refuse its users for a moment (pam_nologin). */
const refusalGraceMs = 60_000

/** Tries until `deadline` (of `clock.elapsed`). SSH_FAILED with what it came to last. */
export async function awaitHandshake(
  { ssh, clock, sshPort, patience, boot }: DrillDeps,
  { address: host }: TestMachine,
  login: DrillLogin | undefined,
  deadline: number,
  signal: AbortSignal,
): Promise<string> {
  const target = { host, port: sshPort, timeoutMs: patience.handshakeMs, login }
  let refusedSince: number | undefined
  for (;;) {
    try {
      const { banner, loggedIn } = await ssh.handshake(target, signal)
      if (login === undefined || loggedIn) return login ? `${banner}, logged in as ${login.user}` : banner
      throw new AzlinError('SSH_FAILED', { host, port: sshPort, why: 'the command `true` failed', reason: '' })
    } catch (error) {
      if (!AzlinError.is(error, 'SSH_FAILED') || signal.aborted) throw error
      if (!error.retryable) refusedSince ??= clock.elapsed()
      const patient = refusedSince === undefined || clock.elapsed() - refusedSince < refusalGraceMs
      if (!patient || clock.elapsed() + boot.lookEveryMs > deadline) throw error
      await clock.sleep(boot.lookEveryMs, signal)
    }
  }
}

/** Tries until it passes or `deadline`. CHECK_FAILED with what it came to last. */
export async function awaitProbe(
  deps: DrillDeps,
  machine: TestMachine,
  probe: Probe,
  login: DrillLogin | undefined,
  deadline: number,
  run: Run,
): Promise<string> {
  const { clock, boot } = deps
  for (;;) {
    const outcome = await tryProbe(deps, machine, probe, login, run)
    if (outcome.exitCode === 0) return lastLine(outcome.output)
    if (clock.elapsed() + boot.lookEveryMs > deadline) {
      const check = probe.kind === 'banner' ? 'SSH' : probe.kind === 'http' ? 'HTTP' : 'command'
      const reason = lastLine(outcome.output) || `it ended with ${outcome.exitCode}.`
      throw new AzlinError('CHECK_FAILED', { vm: machine.name, check, reason })
    }
    await clock.sleep(boot.lookEveryMs, run.signal)
  }
}

/** What passes by itself is an outcome of -1, to be tried again. */
async function tryProbe(
  deps: DrillDeps,
  machine: TestMachine,
  probe: Probe,
  login: DrillLogin | undefined,
  run: Run,
): Promise<GuestOutcome> {
  try {
    return login && probe.kind !== 'banner'
      ? await overSsh(deps, machine, probe, login, run)
      : await inGuest(deps, machine, probe, run)
  } catch (error) {
    const passes =
      AzlinError.is(error) && (error.retryable || error.code === 'CONFLICT' || error.code === 'AZURE_REJECTED')
    if (!passes || run.signal.aborted) throw error
    return { exitCode: -1, output: error.message }
  }
}

function overSsh(
  { ssh, sshPort, patience }: DrillDeps,
  { address: host }: TestMachine,
  probe: Exclude<Probe, { kind: 'banner' }>,
  login: DrillLogin,
  run: Run,
): Promise<GuestOutcome> {
  const command = probe.kind === 'http' ? httpCommand(probe.check) : probe.command
  return ssh.run({ host, port: sshPort, timeoutMs: patience.handshakeMs * 3, login, command }, run.signal)
}

/** TIMED_OUT when no result comes back: then the agent is broken, or 443 is closed on its way out. */
async function inGuest(
  { azure, newToken, patience }: DrillDeps,
  machine: TestMachine,
  probe: Probe,
  run: Run,
): Promise<GuestOutcome> {
  const { osType } = machine.facts
  const token = newToken()
  const script =
    probe.kind === 'banner'
      ? sshBannerScript(osType, token)
      : probe.kind === 'http'
        ? httpScript(osType, token, probe.check)
        : commandScript(osType, token, probe.command)
  const text = await azure.guests.run(machine, osType, script, patience.guestMinutes, run.signal)
  return (
    parseGuestOutput(text, token) ?? {
      exitCode: -1,
      output: `the script did not say how it ended. ${text.slice(-300)}`,
    }
  )
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.slice(-300) ?? ''
}
