import type { Clock } from '../../../src/core/clock.js'

/** A clock that stands still until it is set, or until somebody sleeps: then the time is simply over. */
export class SimulatedClock implements Clock {
  #now: number

  constructor(iso: string) {
    this.#now = Date.parse(iso)
  }

  now(): Date {
    return new Date(this.#now)
  }

  elapsed(): number {
    return this.#now
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#now += ms
    await new Promise(setImmediate)
  }

  set(at: Date | string): void {
    this.#now = +new Date(at)
  }

  advance(ms: number): void {
    this.#now += ms
  }
}
