import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { isObject } from './network/json.js'

/** After which a change is written that no answer told of, in milliseconds. */
const gatherMs = 200

/** Changes are kept beside the whole until they are larger than it, and than this. */
const leastBytes = 1024 * 1024

const changesName = /^changes-\d+\.jsonl$/

export interface Stored {
  /** All of the state. */
  readonly whole: () => object
  /** What is new since the last call of either: `replay` understands it. */
  readonly news: () => object
}

/**
 * The state as one JSON file, and the changes since then, a line for each time they were saved. A line costs what changed
 * and not what there is, so that each answer can wait for its own. Not synced: it survives the end of the process at any
 * moment, not that of the computer.
 */
export class Store {
  readonly #home: string
  readonly #stored: Stored
  #timer: NodeJS.Timeout | undefined
  #dirty = false
  #closed = false
  /** Ties the file of changes to the whole that they follow. */
  #generation = 0
  /** Unknown until this process wrote the whole. */
  #wholeBytes: number | undefined
  #changesBytes = 0

  constructor(home: string, stored: Stored) {
    mkdirSync(home, { recursive: true, mode: 0o700 })
    this.#home = home
    this.#stored = stored
  }

  /** What was saved last, and the changes to it in their order; undefined when nothing was. */
  load(): { readonly whole: unknown; readonly changes: readonly unknown[] } | undefined {
    if (!existsSync(this.#wholeFile)) return undefined
    const whole = parsed(readFileSync(this.#wholeFile, 'utf8'), this.#wholeFile)
    this.#generation = (isObject(whole) && Number(whole['generation'])) || 0
    const file = this.#changesFile
    const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
    // A line without an end is one that the process died of; nobody was answered for it.
    const lines = text.split('\n').slice(0, -1)
    return { whole, changes: lines.map((line) => parsed(line, file)) }
  }

  changed(): void {
    if (this.#closed) return
    this.#dirty = true
    this.#timer ??= setTimeout(() => this.save(), gatherMs)
    this.#timer.unref()
  }

  /** To be called before an answer: nobody is told of what a kill would undo. */
  save(): void {
    if (!this.#dirty || this.#closed) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    const limit = Math.max(this.#wholeBytes ?? 0, leastBytes)
    if (this.#wholeBytes === undefined || this.#changesBytes > limit) this.#saveWhole()
    else this.#saveNews()
    this.#dirty = false
  }

  /** Writes the last changes. What a request that was under way still changes is forgotten, as its answer is. */
  close(): void {
    this.save()
    this.#closed = true
    clearTimeout(this.#timer)
  }

  #saveWhole(): void {
    this.#generation++
    const text = JSON.stringify({ ...this.#stored.whole(), generation: this.#generation })
    rmSync(this.#changesFile, { force: true })
    const part = `${this.#wholeFile}.part`
    writeFileSync(part, text, { mode: 0o600 })
    // Only now the changes to the one before are of no use.
    renameSync(part, this.#wholeFile)
    for (const name of readdirSync(this.#home))
      if (changesName.test(name)) rmSync(join(this.#home, name), { force: true })
    this.#wholeBytes = text.length
    this.#changesBytes = 0
  }

  #saveNews(): void {
    const line = `${JSON.stringify(this.#stored.news())}\n`
    appendFileSync(this.#changesFile, line, { mode: 0o600 })
    this.#changesBytes += line.length
  }

  get #wholeFile(): string {
    return join(this.#home, 'state.json')
  }

  /** Another for each whole, so that one that is just ending spoils nothing for its successor. */
  get #changesFile(): string {
    return join(this.#home, `changes-${this.#generation}.jsonl`)
  }
}

/** The computer may have gone down while it was written. */
function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`${file} is damaged. Remove it: the sandbox goes on without what it says. (${why})`)
  }
}
