/**
 * How every conversation with Azure is held: with a signal that ends it at once, a deadline, and errors that
 * are AzlinErrors. An operation goes on in Azure whether or not we hear of it, so losing sight of one is not
 * its failure: then what it was to change is looked at.
 */
import type { Clock } from '../core/clock.js'
import { AzlinError } from '../core/errors.js'
import type { Report } from '../core/events.js'
import { type Call, currentCall, newCall, type Task } from './call.js'
import { translate } from './errors.js'
import { networkTrouble } from './network-trouble.js'
import { pauseBeforePoll } from './policies/retry-rules.js'
import { saysMissing } from './refusals.js'

export interface CallOptions {
  readonly abortSignal: AbortSignal
  readonly updateIntervalInMs: number
}

/** The SDK has two generations of pollers; this is what they have in common. */
export interface Poller<T> {
  isDone(): boolean
  poll(options: { abortSignal: AbortSignal }): Promise<unknown>
  pollUntilDone(options: { abortSignal: AbortSignal }): Promise<T>
}

/** What a look at the resource shows when the operation itself cannot be asked. */
export type Seen<T> = { readonly done: T } | 'underway' | 'absent'

export interface Operation<T> {
  readonly task: Task
  /** Minutes until it is given up. Azure may still finish it. */
  readonly minutes: number
  start(options: CallOptions): Promise<Poller<T>>
  /** Twice does what once does: it is sent again where its answer was lost and nothing shows that it took effect. */
  readonly repeatable?: boolean
  /** Codes of refusals that pass with time, so that it is tried again for some minutes. */
  readonly passing?: RegExp
  look(options: CallOptions, call: Call): Promise<Seen<T>>
}

export interface Finished<T> {
  readonly value: T
  /** The value was read from the resource itself after the end, and is not the partial first answer. */
  readonly readBack: boolean
  /** What the operation's own status gave as its output, if anything. */
  readonly output?: unknown
}

/** All retries of one read must fit into this. */
const readMinutes = 15
/** A thing just made may not be visible everywhere yet. */
const lagMs = 60_000
/** Azure keeps an interface for 180 s for a VM that could not be made. */
const passingMs = 240_000
const passingPauseMs = 15_000
/** How often a change whose answer was lost is looked for before it counts as not made. */
const looksForLostAnswer = 3
const attemptsOfRepeatable = 3

export class Calls {
  readonly #clock: Clock
  readonly #pollIntervalMs: number
  readonly #report: Report

  constructor(clock: Clock, pollIntervalMs: number, report: Report) {
    this.#clock = clock
    this.#pollIntervalMs = pollIntervalMs
    this.#report = report
  }

  /** One or more requests that are over when they are answered. */
  request<T>(task: Task, signal: AbortSignal, work: (options: CallOptions, call: Call) => Promise<T>): Promise<T> {
    return this.#hold({ task, signal, minutes: readMinutes, operation: false }, (call) =>
      work(this.#options(call), call),
    )
  }

  /** The same, where nothing being there is an answer. */
  find<T>(task: Task, signal: AbortSignal, work: (options: CallOptions) => Promise<T>): Promise<T | undefined> {
    return this.request(task, signal, (options, call) => orUndefined(call, () => work(options)))
  }

  /** A change that Azure accepts first and carries out later. */
  operate<T>(operation: Operation<T>, signal: AbortSignal): Promise<Finished<T>> {
    const { task, minutes } = operation
    return this.#hold({ task, signal, minutes, operation: true }, async (call) => {
      const poller = await this.#start(operation, call)
      if (!('pollUntilDone' in poller)) return poller
      return this.#follow(operation, poller, call)
    })
  }

  /** Removes something; that it is gone already is what was wanted. */
  async remove(operation: Operation<unknown>, signal: AbortSignal): Promise<void> {
    try {
      await this.operate(operation, signal)
    } catch (error) {
      if (!AzlinError.is(error, 'AZURE_NOT_FOUND') && !AzlinError.is(error, 'RESOURCE_GROUP_NOT_FOUND')) throw error
    }
  }

  /** Reads what was just made, which may take a while to be visible. */
  readBack<T>(task: Task, signal: AbortSignal, work: (options: CallOptions) => Promise<T>): Promise<T> {
    return this.request(task, signal, async (options, call) => {
      const begun = this.#clock.elapsed()
      for (;;) {
        const found = await orUndefined(call, () => work(options))
        if (found !== undefined) return found
        if (this.#clock.elapsed() - begun > lagMs) throw new AzlinError('AZURE_NOT_FOUND', { what: task.subject })
        await this.#clock.sleep(this.#pollIntervalMs, call.signal)
      }
    })
  }

  #options(call: Call): CallOptions {
    return { abortSignal: call.signal, updateIntervalInMs: this.#pollIntervalMs }
  }

  async #start<T>(operation: Operation<T>, call: Call): Promise<Poller<T> | Finished<T>> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#send(operation, call)
      } catch (error) {
        const isLost = answerWasLost(error, call) || isInItsOwnWay(call, attempt)
        if (call.signal.aborted || !isLost) throw error
        const lost = translate(operation.task, error, call)
        for (let look = 0; look < looksForLostAnswer; look++) {
          const seen = await this.#look(operation, call)
          if (seen !== 'absent') return { value: seen.done, readBack: true }
          await this.#clock.sleep(this.#pollIntervalMs, call.signal)
        }
        if (!operation.repeatable || attempt === attemptsOfRepeatable) throw lost
      }
    }
  }

  async #send<T>(operation: Operation<T>, call: Call): Promise<Poller<T>> {
    const begun = this.#clock.elapsed()
    for (;;) {
      try {
        return await operation.start(this.#options(call))
      } catch (error) {
        const passes = operation.passing?.test(call.refusal?.code ?? '') ?? false
        if (!passes || this.#clock.elapsed() - begun > passingMs) throw error
        this.#report({ type: 'azure.waiting', seconds: passingPauseMs / 1000, reason: 'Azure still holds on to it' })
        await this.#clock.sleep(passingPauseMs, call.signal)
      }
    }
  }

  async #follow<T>(operation: Operation<T>, poller: Poller<T>, call: Call): Promise<Finished<T>> {
    call.polling = true
    try {
      for (let number = 1; !poller.isDone(); number++) {
        await this.#clock.sleep(pauseBeforePoll(call.retryAfterMs, this.#pollIntervalMs, number), call.signal)
        await poller.poll({ abortSignal: call.signal })
      }
      const value = await poller.pollUntilDone({ abortSignal: call.signal })
      if (!call.adrift || !isNothing(value))
        return { value, readBack: call.changed !== undefined && call.read === call.changed, output: call.output }
    } catch (error) {
      if (call.signal.aborted || call.failure) throw error
      if (saidNothing(error, call)) {
        const seen = await this.#look(operation, call)
        if (seen === 'absent') throw error
        return { value: seen.done, readBack: true }
      }
      if (!lostSight(call)) throw error
      return this.#endSeen(operation, call, 'it no longer knows of the operation', { cause: error })
    }
    return this.#endSeen(operation, call, 'it gave nothing to ask after the operation')
  }

  /** By what it was to change, which may take a moment to show. AZURE_UNAVAILABLE where it does not. */
  async #endSeen<T>(operation: Operation<T>, call: Call, why: string, options?: ErrorOptions): Promise<Finished<T>> {
    const begun = this.#clock.elapsed()
    while (this.#clock.elapsed() - begun < lagMs) {
      const seen = await this.#look(operation, call)
      if (seen !== 'absent') return { value: seen.done, readBack: true }
      await this.#clock.sleep(this.#pollIntervalMs, call.signal)
    }
    const reason = `${why}, and nothing shows how it ended`
    throw new AzlinError('AZURE_UNAVAILABLE', { what: operation.task.doing, reason }, options)
  }

  /** Looks until it is decided. */
  async #look<T>(operation: Operation<T>, call: Call): Promise<{ readonly done: T } | 'absent'> {
    for (;;) {
      const seen = await operation.look(this.#options(call), call)
      if (seen !== 'underway') return seen
      await this.#clock.sleep(this.#pollIntervalMs, call.signal)
    }
  }

  async #hold<T>(
    { task, signal, minutes, operation }: { task: Task; signal: AbortSignal; minutes: number; operation: boolean },
    work: (call: Call) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted()
    const deadline = AbortSignal.timeout(minutes * 60_000)
    const call = newCall({ signal: AbortSignal.any([signal, deadline]), operation })
    try {
      return await unlessAborted(
        call.signal,
        currentCall.run(call, () => work(call)),
      )
    } catch (error) {
      // The SDK throws an AbortError of its own; the run's reason is the one worth showing.
      signal.throwIfAborted()
      if (deadline.aborted)
        throw new AzlinError('TIMED_OUT', { what: task.doing, seconds: Math.round(minutes * 60) }, { cause: error })
      throw translate(task, error, call)
    }
  }
}

/** Undefined where Azure says 404. */
export async function orUndefined<T>(call: Call, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!saysMissing(call.refusal)) throw error
    return undefined
  }
}

/** Nobody knows whether the change was made. */
function answerWasLost(error: unknown, call: Call): boolean {
  return networkTrouble(error) === 'dropped' || (call.refusal?.status ?? 0) >= 500
}

/** Azure refuses a change because of another that is under way, which may be the same one, sent before. */
function isInItsOwnWay({ resent, refusal }: Call, attempt: number): boolean {
  return (resent || attempt > 1) && (refusal?.status === 409 || refusal?.status === 412)
}

/** It is over, and what came last has not the form of an answer: an empty body, for one. */
function saidNothing(error: unknown, { refusal }: Call): boolean {
  return refusal === undefined && networkTrouble(error) === undefined && error instanceof TypeError
}

/** What the SDK's clients make of an empty body: nothing, or fields without values. */
function isNothing(value: unknown): boolean {
  if (typeof value !== 'object') return value === undefined
  return value === null || Object.values(value).every((field) => field === undefined)
}

/** The operation is no longer to be asked after, which says nothing about how it went. */
function lostSight({ refusal }: Call): boolean {
  return refusal !== undefined && (refusal.status === 404 || refusal.status === 410 || refusal.status >= 500)
}

/** Not everything below listens to a signal (a credential may run a program); this ends the wait all the same. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    if (stop) signal.removeEventListener('abort', stop)
  }
}
