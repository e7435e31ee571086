/** The real adapters, over the real SDK, talking to a scripted Azure. */
import { connectAzure } from '../../../src/azure/connect.js'
import type { Clock } from '../../../src/core/clock.js'
import type { AzlinEvent } from '../../../src/core/events.js'
import type { DrillAzure } from '../../../src/core/ports/drill-azure.js'
import type { ScriptedAzure } from './scripted-azure.js'

export const subscriptionId = '11111111-2222-3333-4444-555555555555'
export const group = `/subscriptions/${subscriptionId}/resourceGroups/rg`

/** A clock on which waiting takes no time, and that remembers the waits. */
export class HurriedClock implements Clock {
  readonly waits: number[] = []
  #skipped = 0

  now = () => new Date(Date.now() + this.#skipped)
  elapsed = () => performance.now() + this.#skipped

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.waits.push(ms)
    this.#skipped += ms
    await new Promise((resolve) => setImmediate(resolve))
    signal.throwIfAborted()
  }
}

export interface Connected<C extends Clock> {
  readonly azure: DrillAzure
  readonly events: AzlinEvent[]
  readonly clock: C
}

export async function connected(to: ScriptedAzure, options?: { armEndpoint?: string }): Promise<Connected<HurriedClock>>
export async function connected<C extends Clock>(
  to: ScriptedAzure,
  options: { armEndpoint?: string; clock: C },
): Promise<Connected<C>>
export async function connected(
  to: ScriptedAzure,
  { armEndpoint = to.endpoint, clock = new HurriedClock() }: { armEndpoint?: string; clock?: Clock } = {},
): Promise<Connected<Clock>> {
  const events: AzlinEvent[] = []
  const target = {
    subscriptionId,
    cloud: 'sandbox',
    armEndpoint,
    pollIntervalMs: 2000,
    caPem: to.caPem,
    identity: { endpoint: `${to.endpoint}/identity`, header: 'secret-header' },
  } as const
  const azure = await connectAzure(target, (event) => void events.push(event), clock)
  return { azure, events, clock }
}

/** What a promise was rejected with; fails the test when it was not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it was expected to be rejected')
}
