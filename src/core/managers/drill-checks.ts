/** Whether a restored machine came up, and answers. */
import { type DrillOptions, methodOf } from '../domain/drill.js'
import type { MachineStatus, VmRef } from '../domain/machine.js'
import { AzlinError } from '../errors.js'
import type { Run } from '../run.js'
import { awaitBoot, type ExpectedAgent } from './boot.js'
import type { DrillDeps } from './drill-deps.js'
import { awaitHandshake, awaitProbe } from './drill-guest.js'
import type { DrillLog, Note } from './drill-log.js'
import type { TestMachine } from './drill-restore.js'

export interface Checked {
  readonly bootSucceeded: boolean | undefined
  readonly connectivitySucceeded: boolean | undefined
  /** When the last check passed, by `clock.elapsed`. */
  readonly passedAt: number
  readonly failure: AzlinError | undefined
  readonly bootLog: readonly string[]
}

const logLines = 25

/**
 * Never rejects for a check that failed: only for what stops the drill. `onBooted` when it is known to have come up.
 * Azure calls a VM running as soon as it has power: its agent shows that the system came up, or its SSH.
 */
export async function checkMachine(
  deps: DrillDeps,
  { options, agent }: { readonly options: DrillOptions; readonly agent: boolean | undefined },
  machine: TestMachine,
  log: DrillLog,
  run: Run,
  onBooted: () => void = () => {},
): Promise<Checked> {
  const begun = deps.clock.elapsed()
  const method = methodOf(options)
  const giveUp = new AbortController()
  const signal = AbortSignal.any([run.signal, giveUp.signal])
  const deadline = begun + deps.patience.connectionMs
  // One that did not work is not waited for where SSH shows what it would show.
  const owed = agent ? 'must' : agent === false && method ? 'none' : 'may'

  let answered = false
  let unproven = false
  const onAnswer = () => {
    answered = true
    if (unproven) onBooted()
  }

  const booting: Promise<Outcome> = options.boot
    ? settle(log.during('boot', (note) => boot(deps, machine, owed, note, run)))
    : Promise.resolve({ passedAt: begun })
  // From here SSH may answer before the agent has reported; Run Command is the agent.
  const begin = method === 'run-command' ? booting : Promise.resolve<Outcome>({ passedAt: begun })
  const connecting: Promise<Outcome> = method
    ? begin.then(async (booted): Promise<Outcome> => {
        if (booted.failure) return booted
        return settle(connect(deps, options, machine, { log, deadline, signal, run, onAnswer }))
      })
    : Promise.resolve({ passedAt: begun })
  // Whichever fails first is told by the await below.
  connecting.catch(() => undefined)

  const booted = await booting
  if (booted.failure) giveUp.abort(booted.failure)
  unproven = booted.unproven === true
  if (!booted.failure && (!unproven || answered)) onBooted()
  const connected = await connecting
  run.signal.throwIfAborted()
  const unshown = unproven && !answered
  const failure =
    booted.failure ?? connected.failure ?? (unshown ? new AzlinError('BOOT_UNPROVEN', { vm: machine.name }) : undefined)
  return {
    bootSucceeded: options.boot && !unshown ? booted.failure === undefined : undefined,
    // Of a machine that did not come up nothing more was seen.
    connectivitySucceeded: method && !booted.failure ? connected.failure === undefined : undefined,
    passedAt: Math.max(booted.passedAt, connected.passedAt),
    failure,
    bootLog: failure ? await bootLog(deps, machine, run) : [],
  }
}

interface Outcome {
  readonly passedAt: number
  readonly failure?: AzlinError | undefined
  /** It runs, and no agent was there to say more. */
  readonly unproven?: boolean
}

async function settle(work: Promise<Outcome>): Promise<Outcome> {
  try {
    return await work
  } catch (error) {
    if (!AzlinError.is(error)) throw error
    return { passedAt: 0, failure: error }
  }
}

/** The moment at which its agent had reported; without one, that at which it was first seen to run. */
async function boot(deps: DrillDeps, machine: VmRef, owed: ExpectedAgent, note: Note, run: Run): Promise<Outcome> {
  const { clock } = deps
  const begun = clock.elapsed()
  let runningAt: number | undefined
  const status = async (vm: VmRef, signal: AbortSignal): Promise<MachineStatus> => {
    const seen = await deps.boot.machines.status(vm, signal)
    if (seen.power === 'running') runningAt ??= clock.elapsed()
    return seen
  }
  const booting = awaitBoot({ ...deps.boot, machines: { status } }, machine, undefined, owed, run)
  const agent = await booting.finally(() => run.report({ type: 'vm.waited', vm: machine.name }))
  if (agent) {
    note('running, and its guest agent has reported')
    return { passedAt: clock.elapsed() }
  }
  if (runningAt === undefined)
    throw new AzlinError('TIMED_OUT', {
      what: `reading the state of ${machine.name}`,
      seconds: Math.round((clock.elapsed() - begun) / 1000),
    })
  note('running; no guest agent has reported', 'unproven')
  return { passedAt: runningAt, unproven: true }
}

interface Connecting {
  readonly log: DrillLog
  readonly deadline: number
  readonly signal: AbortSignal
  readonly run: Run
  /** When SSH has answered. */
  readonly onAnswer: () => void
}

async function connect(
  deps: DrillDeps,
  options: DrillOptions,
  machine: TestMachine,
  { log, deadline, signal, run, onAnswer }: Connecting,
): Promise<Outcome> {
  const { login, checkHttp, checkCommand, checkTimeoutMs } = options
  const stoppable = { ...run, signal }
  await log.during('connectivity', async (note) => {
    const banner =
      methodOf(options) === 'run-command'
        ? await awaitProbe(deps, machine, { kind: 'banner' }, undefined, deadline, stoppable)
        : await awaitHandshake(deps, machine, login, deadline, signal)
    note(banner)
  })
  onAnswer()
  // The user's own services may need longer than SSH to come up, or never as long.
  const until = () => (checkTimeoutMs === undefined ? deadline : deps.clock.elapsed() + checkTimeoutMs)
  if (checkHttp)
    await log.during('http', async (note) =>
      note(await awaitProbe(deps, machine, { kind: 'http', check: checkHttp }, login, until(), stoppable)),
    )
  if (checkCommand !== undefined)
    await log.during('command', async (note) =>
      note(await awaitProbe(deps, machine, { kind: 'command', command: checkCommand }, login, until(), stoppable)),
    )
  return { passedAt: deps.clock.elapsed() }
}

/** What it said last is a help and no more. */
async function bootLog({ azure }: DrillDeps, machine: VmRef, run: Run): Promise<readonly string[]> {
  try {
    return (await azure.guests.bootLog(machine, logLines, run.signal)) ?? []
  } catch (error) {
    if (!AzlinError.is(error) || run.signal.aborted) throw error
    return []
  }
}
