/**
 * Progress on standard error: on a terminal the steps under way with their elapsed
 * time, below what has been done; elsewhere a plain line for each fact. Folding events
 * into a board is pure; only `Progress` touches the stream.
 */
import type { Report } from '../core/events.js'
import { colours } from './colour.js'
import { cut } from './table.js'
import { span } from './time.js'
import { type Saying, sayingOf } from './wording.js'

export interface Step {
  readonly key: string
  readonly text: string
  readonly sinceMs: number
}

/** Steps under way, oldest first. */
export type Board = readonly Step[]

export interface Turned {
  readonly board: Board
  /** Lines that stay. */
  readonly lines: readonly string[]
}

/** What a saying makes of the board at a moment (milliseconds). */
export function turn(board: Board, saying: Saying, atMs: number): Turned {
  if (saying.type === 'say' || saying.type === 'request') return { board, lines: [saying.text] }
  const known = board.find((step) => step.key === saying.key)
  const others = board.filter((step) => step !== known)
  if (saying.type === 'begin') {
    const step = { key: saying.key, text: saying.text, sinceMs: known?.sinceMs ?? atMs }
    return { board: [...others, step], lines: [] }
  }
  const took = known ? ` (${span((atMs - known.sinceMs) / 1000)})` : ''
  return { board: others, lines: [`${saying.text}${took}`] }
}

/** One line a step, none wider than `columns`. */
export function boardLines(board: Board, atMs: number, columns: number): readonly string[] {
  return board.map(({ text, sinceMs }) => {
    const time = `  ${span((atMs - sinceMs) / 1000)}`
    return cut(`${cut(text, Math.max(1, columns - 1 - time.length))}${time}`, columns - 1)
  })
}

export interface ProgressOptions {
  /** Only what the reader must know: for `--json`. */
  readonly quiet: boolean
  readonly verbose: boolean
}

const refreshMs = 1000

export class Progress {
  readonly #out: NodeJS.WriteStream
  readonly #options: ProgressOptions
  #board: Board = []
  #painted = 0
  #timer: NodeJS.Timeout | undefined

  constructor(out: NodeJS.WriteStream, options: ProgressOptions) {
    this.#out = out
    this.#options = options
  }

  readonly report: Report = (event) => {
    const saying = sayingOf(event)
    if (saying.type === 'request' && !this.#options.verbose) return
    if (this.#options.quiet && !(saying.type === 'request' || (saying.type === 'say' && saying.important))) return
    if (this.#out.isTTY) this.#show(saying)
    else this.#out.write(`${saying.text}\n`)
  }

  /** Takes the board off the screen; what was said stays. */
  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#erase()
    this.#board = []
  }

  #show(saying: Saying): void {
    const now = performance.now()
    const { board, lines } = turn(this.#board, saying, now)
    this.#board = board
    this.#erase()
    const paint = colours(this.#out)
    const done =
      saying.type === 'end' ? paint.green : saying.type === 'say' && saying.important ? paint.yellow : paint.dim
    for (const line of lines) this.#out.write(`${done(line)}\n`)
    this.#paint(now)
    this.#timer ??= setInterval(() => this.#refresh(), refreshMs).unref()
  }

  #refresh(): void {
    this.#erase()
    this.#paint(performance.now())
  }

  #paint(now: number): void {
    const lines = boardLines(this.#board, now, this.#out.columns || 80)
    for (const line of lines) this.#out.write(`${line}\n`)
    this.#painted = lines.length
  }

  /** Up over the lines painted last, and everything below gone. */
  #erase(): void {
    if (this.#painted > 0) this.#out.write(`\u001b[${this.#painted}F\u001b[J`)
    this.#painted = 0
  }
}
