/** The sandbox's time: the computer's, moved by an offset, with work that falls due in it. */
export interface ClockOptions {
  readonly offsetMs: number
  /** Documented durations are divided by it. */
  readonly speed: number
}

interface Task {
  readonly due: number
  readonly order: number
  readonly run: () => void
}

/** setTimeout keeps its delay in 32 bits. */
const longestTimer = 2 ** 31 - 1

export class Clock {
  readonly speed: number
  #offsetMs: number
  #tasks: Task[] = []
  #timer: NodeJS.Timeout | undefined
  #order = 0

  constructor({ offsetMs, speed }: ClockOptions) {
    this.#offsetMs = offsetMs
    this.speed = speed
  }

  get offsetMs(): number {
    return this.#offsetMs
  }

  now(): Date {
    return new Date(this.#nowMs())
  }

  /** How long something that takes Azure this many seconds takes here, in milliseconds of the clock. */
  scaled(seconds: number): number {
    return (seconds * 1000) / this.speed
  }

  /** Runs `run` when as much time has passed as Azure would need `seconds` for. */
  after(seconds: number, run: () => void): void {
    this.#tasks.push({ due: this.#nowMs() + this.scaled(seconds), order: this.#order++, run })
    this.#tasks.sort((one, other) => one.due - other.due || one.order - other.order)
    this.#arm()
  }

  /** Moves the clock forward; what falls due on the way happens in order, each thing at its own time. */
  advance(ms: number): void {
    const target = this.#nowMs() + ms
    for (let task = this.#tasks[0]; task && task.due <= target; task = this.#tasks[0]) {
      this.#tasks.shift()
      this.#offsetMs += Math.max(0, task.due - this.#nowMs())
      task.run()
    }
    this.#offsetMs += Math.max(0, target - this.#nowMs())
    this.#arm()
  }

  /** Forgets all work that is not due yet. */
  clear(): void {
    this.#tasks = []
    clearTimeout(this.#timer)
  }

  #nowMs(): number {
    return Date.now() + this.#offsetMs
  }

  #arm(): void {
    clearTimeout(this.#timer)
    const next = this.#tasks[0]
    if (!next) return
    const delay = Math.min(Math.max(0, Math.ceil(next.due - this.#nowMs())), longestTimer)
    this.#timer = setTimeout(() => this.#runDue(), delay)
    this.#timer.unref()
  }

  #runDue(): void {
    for (let task = this.#tasks[0]; task && task.due <= this.#nowMs(); task = this.#tasks[0]) {
      this.#tasks.shift()
      task.run()
    }
    this.#arm()
  }
}
