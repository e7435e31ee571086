/**
 * The way in and the way out: finds the command, runs it, and gives every failure one form.
 *
 * Whatever goes wrong ends as an AzlinError here, so that scripts see one JSON document (or one sentence and
 * a hint) and one exit code, also for a mistyped command or flag.
 */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Config, run } from '@oclif/core'
import { AzlinError } from './core/errors.js'
import { exitCodes } from './exit-codes.js'
import { colours } from './terminal/colour.js'
import { commandAsked, explainCommand, explainParsing, jsonLast, wantsJson } from './usage.js'

/** `root` is the folder of azlin's package.json. Ends the process, once everything written has left it. */
export async function main(typed: readonly string[], root: string): Promise<void> {
  // A theme of colours for oclif's own help, which azlin has none of: oclif would look for one at every start.
  process.env['AZLIN_DISABLE_THEME'] ??= '1'
  const argv = jsonLast(typed)
  process.stdout.prependListener('error', noteUnwritten)
  // Nothing that is said beside the work may end it half-way: a log may be on a disk that is full.
  process.stderr.on('error', () => {})
  process.on('uncaughtException', (error) => {
    // oclif, which listens too, throws it.
    if (error === unwritten) return
    if (lost) process.exit(exitCodes.INTERNAL)
    lost = true
    void leave(() => answer(error, argv))
  })

  process.once('beforeExit', () => {
    const reason = 'nothing is left that could bring an answer'
    void leave(() => answer(new AzlinError('INTERNAL', { reason }), argv))
  })

  try {
    missHome()
    const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const config = await Config.load({ root, pjson, devPlugins: false, userPlugins: false })
    const problem = explainCommand(argv, config)
    if (problem) throw problem
    const asked = commandAsked(argv, config)
    // oclif's `run` loads all of the configuration a second time.
    if (asked) await config.runCommand(asked.id, [...asked.rest], asked.command)
    else await run(argv, config)
  } catch (error) {
    await leave(() => answer(error, argv))
  }
  await leave(() => process.exitCode)
}

/** oclif asks for a home folder before anything else; a user of a container may have none, and needs none with AZLIN_HOME. */
function missHome(): void {
  try {
    homedir()
  } catch {
    process.env['HOME'] = ''
  }
}

/** Idle connections and timers of libraries must not keep a finished command alive. */
async function leave(exitCode: () => typeof process.exitCode): Promise<void> {
  process.exitCode = exitCode()
  await Promise.all([drained(process.stdout), drained(process.stderr)])
  // What went wrong with the last bytes is told a moment after them.
  await new Promise((resolve) => setImmediate(resolve))
  if (unwritten) process.exitCode = tell(new AzlinError('OUTPUT_FAILED', { reason: unwritten.message }))
  process.exit()
}

/** Prints the failure and returns the exit code. */
function answer(error: unknown, argv: readonly string[]): number {
  const wanted = wantedExit(error)
  if (wanted !== undefined) return wanted

  const known = explained(error, argv)
  if (wantsJson(argv)) process.stdout.write(`${JSON.stringify({ error: known }, undefined, 2)}\n`)
  else tell(known)
  if (known.code === 'INTERNAL' && (argv.includes('--verbose') || process.env['DEBUG']))
    process.stderr.write(`${stackOf(error)}\n`)
  // A command that was stopped has said so already: it ends with 130, whatever it met on its way out.
  return process.exitCode === exitCodes.INTERRUPTED ? exitCodes.INTERRUPTED : exitCodes[known.code]
}

/** On standard error, and gives its exit code; that of what went wrong before stays. */
function tell({ code, message, hint }: AzlinError): typeof process.exitCode {
  const paint = colours(process.stderr)
  process.stderr.write(`${paint.red('Error:')} ${message}\n${paint.dim(hint)}\n`)
  return process.exitCode || exitCodes[code]
}

/**
 * oclif's own complaints, of its commands `help` and `autocomplete`, are about what was typed; whatever else is unknown
 * is a bug.
 */
function explained(error: unknown, [command = '']: readonly string[]): AzlinError {
  if (AzlinError.is(error)) return error
  if (error instanceof Error && 'oclif' in error) return explainParsing(error, command, [])
  return new AzlinError('INTERNAL', { reason: messageOf(error) })
}

/** `this.exit(n)` is oclif's way to leave, not a failure. */
function wantedExit(error: unknown): number | undefined {
  const { code, oclif } = (error ?? {}) as { code?: unknown; oclif?: { exit?: number } }
  return code === 'EEXIT' ? (oclif?.exit ?? 0) : undefined
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
const stackOf = (error: unknown) => (error instanceof Error ? error.stack : String(error))

let lost = false
let unwritten: Error | undefined

/** A reader that has seen enough (`azlin … | head -1`), or a terminal that was closed, is no failure. */
function noteUnwritten(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') unwritten ??= error
}

/** Until the last byte is in the reader's hands: leaving earlier would cut a long document in a pipe. */
function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.closed || stream.errored) resolve()
    else stream.write('', () => resolve())
  })
}
