/** Resource groups that a drill makes for itself, through arm-resources. */
import type { Clock } from '../core/clock.js'
import { AzlinError } from '../core/errors.js'
import type { TestGroups } from '../core/ports/drill-azure.js'
import type { CallOptions, Calls } from './calls.js'
import type { Clients } from './clients.js'
import { unmake } from './resources.js'

/** Azure took a quarter of an hour for a group with a VM, and tries for longer before it gives up. */
const minutes = 60
/** What stands in the way may pass: Azure keeps an interface for 180 s for a VM that could not be made. */
const passingMs = 300_000
const pauseMs = 30_000

export class AzureTestGroups implements TestGroups {
  readonly #clients: Clients
  readonly #calls: Calls
  readonly #clock: Clock

  constructor(clients: Clients, calls: Calls, clock: Clock) {
    this.#clients = clients
    this.#calls = calls
    this.#clock = clock
  }

  async create(
    name: string,
    region: string,
    tags: Readonly<Record<string, string>>,
    signal: AbortSignal,
    sent?: () => void,
  ): Promise<void> {
    // A PUT on a group that is there would replace its tags.
    if (await this.#calls.find(taskOn('reading', name), signal, this.#get(name)))
      throw new AzlinError('NAME_TAKEN', { what: 'a resource group', name })
    await this.#calls.request(taskOn('creating', name), signal, async (options) => {
      const { resourceGroups } = await this.#clients.resources()
      sent?.()
      await resourceGroups.createOrUpdate(name, { location: region, tags: { ...tags } }, options)
    })
  }

  async remove(name: string, signal: AbortSignal): Promise<void> {
    const begun = this.#clock.elapsed()
    for (;;) {
      try {
        return await this.#removeOnce(name, signal)
      } catch (error) {
        // Azure has put the group back by then; what was deleted of it stays deleted.
        const passes = AzlinError.is(error, 'CONFLICT') && this.#clock.elapsed() - begun < passingMs
        if (!passes || signal.aborted) throw error
        await this.#clock.sleep(pauseMs, signal)
      }
    }
  }

  async members(name: string, signal: AbortSignal): Promise<readonly string[]> {
    const listed = await this.#calls.find(taskOn('listing', name), signal, async (options) => {
      const { resources } = await this.#clients.resources()
      const ids: string[] = []
      for await (const { id } of resources.listByResourceGroup(name, options)) if (id) ids.push(id)
      return ids
    })
    return listed ?? []
  }

  #removeOnce(name: string, signal: AbortSignal): Promise<void> {
    return unmake(
      this.#calls,
      {
        task: taskOn('removing', name),
        minutes,
        get: this.#get(name),
        remove: async (options) => {
          const { resourceGroups } = await this.#clients.resources()
          const forceDeletionTypes = 'Microsoft.Compute/virtualMachines'
          return resourceGroups.beginDelete(name, { ...options, forceDeletionTypes })
        },
      },
      signal,
    )
  }

  #get(name: string) {
    return async (options: CallOptions): Promise<{ readonly provisioningState?: string }> => {
      const { resourceGroups } = await this.#clients.resources()
      const { properties } = await resourceGroups.get(name, options)
      return properties ?? {}
    }
  }
}

function taskOn(verb: string, name: string) {
  return { doing: `${verb} resource group ${name}`, subject: `resource group ${name}` }
}
