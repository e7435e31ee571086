/** arm-compute's pollers, made to look like those of the older clients. */
import type { Poller } from './calls.js'

/** A poller of arm-compute is also a promise: returned from an async function it would be waited for. */
interface NewPoller<T> {
  readonly isDone: boolean
  submitted(): Promise<void>
  poll(options: { abortSignal: AbortSignal }): Promise<unknown>
  pollUntilDone(options: { abortSignal: AbortSignal }): Promise<T>
}

/** Resolves once Azure has answered the first request. */
export async function submitted<T>(poller: NewPoller<T>): Promise<Poller<T>> {
  await poller.submitted()
  return {
    isDone: () => poller.isDone,
    poll: (options) => poller.poll(options),
    pollUntilDone: (options) => poller.pollUntilDone(options),
  }
}

/** Where a resource stands, by the word it uses for it. A missing word means that it is done. */
export function standing(provisioningState: string | undefined): 'done' | 'underway' | 'failed' {
  if (provisioningState === undefined || /succeeded/i.test(provisioningState)) return 'done'
  return /fail|cancel/i.test(provisioningState) ? 'failed' : 'underway'
}
