/** Starts the sandbox as a process that outlives its starter, and waits until it answers. */
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SandboxControl, type SandboxStatus, stopped } from './control-client.js'

export interface StartOptions {
  /** The compiled `main.js`. */
  readonly program: string
  readonly home: string
  readonly port: number
  readonly speed: number
  /** False: what Run Command and SSH are asked to run is not run. */
  readonly runCommand: boolean
}

export type Started =
  | { readonly status: SandboxStatus; readonly alreadyRunning: boolean }
  | { readonly failure: string }

/** Its first start makes certificates; the rest is quick. */
const patienceMs = 30_000
const lookEveryMs = 50

export async function startDetached(options: StartOptions, signal: AbortSignal): Promise<Started> {
  const { home } = options
  makeFolder(home)
  const running = await SandboxControl.connect(home)
  if (running) return { status: await running.status(), alreadyRunning: true }

  const lock = join(home, 'starting')
  const mine = take(lock)
  try {
    // What the one before has yet to write belongs to the world of this one.
    if (mine) await stopped(home)
    // Somebody else is starting one: theirs is as good.
    return mine ? await launch(options, signal) : await answering(home, undefined, signal)
  } finally {
    if (mine) rmSync(lock, { force: true })
  }
}

/** Asked for several folders at once, Node.js calls a read-only file system a folder that is missing. */
function makeFolder(home: string): void {
  mkdirSync(dirname(home), { recursive: true, mode: 0o700 })
  try {
    mkdirSync(home, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Two starts at once would leave a sandbox that nobody finds again. One whose starter was killed is not waited for. */
function take(lock: string): boolean {
  try {
    if (Date.now() - statSync(lock).mtimeMs > patienceMs) rmSync(lock, { force: true })
  } catch {
    // Not there: the usual case.
  }
  try {
    closeSync(openSync(lock, 'wx', 0o600))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function launch({ program, home, port, speed, runCommand }: StartOptions, signal: AbortSignal): Promise<Started> {
  const log = join(home, 'sandbox.log')
  const out = openSync(log, 'a', 0o600)
  const before = statSync(log).size
  const args = [program, '--home', home, '--port', String(port), '--speed', String(speed)]
  if (!runCommand) args.push('--no-run-command')
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', out, out] })
  closeSync(out)
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  child.once('error', () => {
    ended = true
  })
  child.unref()
  const started = await answering(home, () => (ended ? lastWords(log, before) : undefined), signal)
  if ('failure' in started && !ended) child.kill()
  return started
}

async function answering(
  home: string,
  failed: (() => string | undefined) | undefined,
  signal: AbortSignal,
): Promise<Started> {
  for (const until = Date.now() + patienceMs; Date.now() < until; ) {
    const control = await SandboxControl.connect(home)
    if (control) return { status: await control.status(), alreadyRunning: failed === undefined }
    const failure = failed?.()
    if (failure !== undefined) return { failure }
    await sleep(lookEveryMs)
    signal.throwIfAborted()
  }
  return { failure: `it did not answer within ${patienceMs / 1000} s` }
}

/** The first line of what it wrote after `before`, without the time. */
function lastWords(log: string, before: number): string {
  const [first = ''] = readFileSync(log).subarray(before).toString('utf8').split('\n')
  return first.replace(/^\S+Z /, '').replace(/^Error: /, '') || 'it ended at once'
}
