import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** How long changes are gathered before they are written, in milliseconds. */
const gatherMs = 200

/** One JSON file, replaced as a whole, some moments after the state changed. */
export class Store {
  readonly #file: string
  readonly #state: () => unknown
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(home: string, state: () => unknown) {
    mkdirSync(home, { recursive: true, mode: 0o700 })
    this.#file = join(home, 'state.json')
    this.#state = state
  }

  /** What was saved last; undefined when nothing was. */
  load(): unknown {
    return existsSync(this.#file) ? JSON.parse(readFileSync(this.#file, 'utf8')) : undefined
  }

  changed(): void {
    if (this.#closed) return
    this.#timer ??= setTimeout(() => this.flush(), gatherMs)
    this.#timer.unref()
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const part = `${this.#file}.part`
    writeFileSync(part, JSON.stringify(this.#state()), { mode: 0o600 })
    renameSync(part, this.#file)
  }

  /** Writes the last state. What a request that was under way still changes is forgotten, as its answer is. */
  close(): void {
    this.flush()
    this.#closed = true
  }

  discard(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    rmSync(this.#file, { force: true })
  }
}
