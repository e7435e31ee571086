/**
 * Progress on standard error: on a terminal the steps under way with their elapsed
 * time, below what has been done; elsewhere a plain line for each fact. Folding events
 * into a board is pure; only `Progress` touches the stream.
 */
import type { Report } from '../core/events.js'
import { colours } from './colour.js'
import { cut, cutInside, oneLine } from './table.js'
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
  if (saying.type === 'update' && known)
    return { board: board.map((step) => (step === known ? { ...step, text: saying.text } : step)), lines: [] }
  const others = board.filter((step) => step !== known)
  if (saying.type === 'forget') return { board: others, lines: [] }
  if (saying.type === 'begin' || saying.type === 'update') {
    const step = { key: saying.key, text: saying.text, sinceMs: known?.sinceMs ?? atMs }
    return { board: [...others, step], lines: [] }
  }
  const took = known ? ` (${span((atMs - known.sinceMs) / 1000)})` : ''
  return { board: others, lines: [`${saying.text}${took}`] }
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** One line a step, none as wide as the window, and fewer of them than it has rows: what scrolls away stays for ever. */
export function boardLines(board: Board, atMs: number, { columns, rows }: Size): readonly string[] {
  const room = Math.max(1, rows - 1)
  const lines = board.map(({ text, sinceMs }) => {
    const time = `  ${span((atMs - sinceMs) / 1000)}`
    return cut(`${cutInside(text, Math.max(1, columns - 1 - time.length))}${time}`, columns - 1)
  })
  if (lines.length <= room) return lines
  const shown = lines.slice(0, room - 1)
  return [...shown, cut(`and ${lines.length - shown.length} more`, columns - 1)]
}

export interface ProgressOptions {
  /** Only what the reader must know: for `--json`. */
  readonly quiet: boolean
  readonly verbose: boolean
}

const refreshMs = 1000
const logEveryMs = 30_000

export class Progress {
  readonly #out: NodeJS.WriteStream
  readonly #options: ProgressOptions
  #board: Board = []
  #painted = 0
  #timer: NodeJS.Timeout | undefined
  readonly #toldAt = new Map<string, number>()
  /** What the reader had to know, word for word. */
  readonly told = new Set<string>()

  constructor(out: NodeJS.WriteStream, options: ProgressOptions) {
    this.#out = out
    this.#options = options
  }

  readonly report: Report = (event) => {
    const saying = sayingOf(event)
    if (saying.type === 'request' && !this.#options.verbose) return
    if (this.#options.quiet && !(saying.type === 'request' || (saying.type === 'say' && saying.important))) return
    const said = { ...saying, text: oneLine(saying.text).trim() }
    if (said.type === 'say' && said.important) this.told.add(said.text)
    if (this.#isLive) this.#show(said)
    else if (this.#isNews(said)) this.#out.write(`${said.text}\n`)
  }

  /** Takes the board off the screen; what was said stays. */
  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#board = []
    if (this.#painted > 0) this.#repaint(performance.now(), '')
  }

  /** A log wants to know that it goes on, not every percent. */
  #isNews(saying: Saying): boolean {
    if (saying.type !== 'update') return saying.type !== 'forget'
    const now = performance.now()
    if (now - (this.#toldAt.get(saying.key) ?? Number.NEGATIVE_INFINITY) < logEveryMs) return false
    this.#toldAt.set(saying.key, now)
    return true
  }

  /** A terminal that can move its cursor. */
  get #isLive(): boolean {
    return this.#out.isTTY === true && process.env['TERM'] !== 'dumb'
  }

  #show(saying: Saying): void {
    const now = performance.now()
    const { board, lines } = turn(this.#board, saying, now)
    this.#board = board
    const paint = colours(this.#out)
    const done =
      saying.type === 'end' ? paint.green : saying.type === 'say' && saying.important ? paint.yellow : paint.dim
    this.#repaint(now, lines.map((line) => `${done(line)}\n`).join(''))
    this.#timer ??= setInterval(() => this.#repaint(performance.now(), ''), refreshMs).unref()
  }

  /**
   * In place of the board painted last: what stays, and the board as it is now. Up over the old lines and
   * everything below gone, all in one write, so that it does not flicker.
   */
  #repaint(now: number, staying: string): void {
    const erased = this.#painted > 0 ? `\u001b[${this.#painted}F\u001b[J` : ''
    const size = { columns: this.#out.columns || 80, rows: this.#out.rows || 24 }
    const lines = boardLines(this.#board, now, size)
    this.#painted = lines.length
    const text = erased + staying + lines.map((line) => `${line}\n`).join('')
    if (text !== '') this.#out.write(text)
  }
}
