/** Waiting until a VM really runs: its power state, then its guest agent. */
import type { Clock } from '../clock.js'
import type { MachineStatus, VmRef } from '../domain/machine.js'
import { AzlinError } from '../errors.js'
import type { Machines } from '../ports/azure.js'
import type { Run } from '../run.js'

export interface BootDeps {
  readonly machines: Pick<Machines, 'status'>
  readonly clock: Clock
  /** Milliseconds between two looks at the instance view. Azure allows 15 status reads a minute per VM. */
  readonly lookEveryMs: number
}

const minute = 60_000
/** A VM that is slower than this did not come up. */
const bootDeadline = 10 * minute
/** Azure does not say the power state while it does something else to a VM. */
const unknownPowerDeadline = minute
/** Where nobody knows whether there is an agent at all, it gets this long to show itself. */
const unknownAgentDeadline = 3 * minute

/**
 * What a VM's guest agent owes. `must`: it had a working one, and silence is a failure. `should`: the same, and the VM is
 * left as it is, for somebody to look at. `may`: nobody knows whether it has one. `none`: it had none that worked, and is
 * not waited for.
 */
export type ExpectedAgent = 'must' | 'should' | 'may' | 'none'

/** Of a machine that is to stay, by whether the one it is made of had a working agent; undefined when nobody knows. */
export function agentOwed(worked: boolean | undefined): ExpectedAgent {
  if (worked === undefined) return 'may'
  return worked ? 'must' : 'none'
}

/**
 * Resolves when the VM runs and its agent has reported since `before` was read
 * (with the VM stopped): the agent's time stamp is compared with its own earlier
 * one, so that the two clocks need not agree. TIMED_OUT where the VM does not run, or
 * its agent is silent and must not be. Where its state could not be read until the deadline, it may have come up: then
 * only `must` is a failure.
 *
 * @returns whether an agent reported.
 */
export async function awaitBoot(
  { machines, clock, lookEveryMs }: BootDeps,
  vm: VmRef,
  before: MachineStatus | undefined,
  expected: ExpectedAgent,
  run: Run,
): Promise<boolean> {
  const start = clock.elapsed()
  const waited = () => clock.elapsed() - start
  run.report({ type: 'vm.waiting', vm: vm.name, for: 'running' })
  let runningSince: number | undefined

  for (;;) {
    const status = await lookedAt(machines, vm, run.signal)
    if (status?.power === 'running') {
      if (runningSince === undefined) {
        runningSince = waited()
        run.report({ type: 'vm.waiting', vm: vm.name, for: 'agent' })
      }
      if (agentReported(status, before)) return true
      if (expected === 'none') return false
      if (expected === 'may' && waited() - runningSince >= unknownAgentDeadline) return false
      if (expected === 'should' && waited() >= bootDeadline) return false
    }
    if (waited() >= bootDeadline) {
      // Nobody may take away a VM because nobody could look at it.
      if (status === undefined && expected !== 'must') return false
      const silent = status?.power === 'running' ? ' (it runs, and its guest agent has not reported)' : ''
      throw new AzlinError('TIMED_OUT', { what: `starting ${vm.name}${silent}`, seconds: Math.round(waited() / 1000) })
    }
    await clock.sleep(lookEveryMs, run.signal)
  }
}

/** What the VM does, once Azure says it: a failure must be able to put that back. */
export async function knownStatus(
  { machines, clock, lookEveryMs }: BootDeps,
  vm: VmRef,
  run: Run,
): Promise<MachineStatus> {
  const start = clock.elapsed()
  for (;;) {
    const status = await machines.status(vm, run.signal)
    if (status.power !== 'unknown' || clock.elapsed() - start >= unknownPowerDeadline) return status
    await clock.sleep(lookEveryMs, run.signal)
  }
}

/** A look that failed for the moment shows nothing; the deadline holds all the same. */
async function lookedAt(
  machines: BootDeps['machines'],
  vm: VmRef,
  signal: AbortSignal,
): Promise<MachineStatus | undefined> {
  try {
    return await machines.status(vm, signal)
  } catch (error) {
    if (!AzlinError.is(error) || !error.retryable || signal.aborted) throw error
    return undefined
  }
}

function agentReported({ agent }: MachineStatus, before: MachineStatus | undefined): boolean {
  if (!agent?.ready) return false
  const earlier = before?.agent?.at
  return agent.at === undefined || earlier === undefined || agent.at > earlier
}
