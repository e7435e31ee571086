/** Resources that a PUT makes and a DELETE removes: how to make sure of both. */
import { AzlinError } from '../core/errors.js'
import type { Call, Task } from './call.js'
import { type CallOptions, type Calls, orUndefined, type Poller, type Seen } from './calls.js'
import { standing } from './compute-poller.js'

/** What the SDK says of every resource. */
interface Model {
  readonly provisioningState?: string
}

interface Change<M> {
  readonly task: Task
  /** Minutes until it is given up. */
  readonly minutes: number
  readonly get: (options: CallOptions) => Promise<M>
  readonly passing?: RegExp
}

/** Makes it, and resolves with what a GET shows after the end: first answers are partial. */
export async function make<M extends Model>(
  calls: Calls,
  { put, ...change }: Change<M> & { readonly put: (options: CallOptions) => Promise<Poller<M>> },
  signal: AbortSignal,
): Promise<M> {
  const { value, readBack } = await calls.operate({ ...change, start: put, look: lookAt(change) }, signal)
  return readBack ? value : calls.readBack(change.task, signal, change.get)
}

/** Removes it. That it is gone already is what was wanted. */
export async function unmake<M extends Model>(
  calls: Calls,
  { remove, ...change }: Change<M> & { readonly remove: (options: CallOptions) => Promise<Poller<unknown>> },
  signal: AbortSignal,
): Promise<void> {
  const look = async (options: CallOptions, call: Call): Promise<Seen<unknown>> => {
    const left = await orUndefined(call, () => change.get(options))
    if (left === undefined) return { done: undefined }
    return standing(left.provisioningState) === 'underway' ? 'underway' : 'absent'
  }
  try {
    await calls.remove({ ...change, start: remove, look }, signal)
  } catch (error) {
    // A lock, and a role that lacks it, refuse the removal of what is not there, too.
    if (!AzlinError.is(error, 'LOCKED') && !AzlinError.is(error, 'FORBIDDEN')) throw error
    const isGone = await calls.find(change.task, signal, change.get).then(
      (found) => found === undefined,
      () => false,
    )
    if (!isGone) throw error
  }
}

/** A look at the resource, where its operation cannot be asked. */
export function lookAt<M extends Model>({ task, get }: Pick<Change<M>, 'task' | 'get'>) {
  return async (options: CallOptions, call: Call): Promise<Seen<M>> => {
    const model = await orUndefined(call, () => get(options))
    if (model === undefined) return 'absent'
    switch (standing(model.provisioningState)) {
      case 'done':
        return { done: model }
      case 'underway':
        return 'underway'
      case 'failed':
        throw new AzlinError('AZURE_REJECTED', {
          what: task.doing,
          code: model.provisioningState ?? '',
          reason: `${task.subject} was made but is not usable`,
        })
    }
  }
}

/** How a resource is spoken of. */
export function taskOf(
  verb: string,
  kind: string,
  ref: { readonly name: string; readonly resourceGroup: string },
): Task {
  return { doing: `${verb} ${kind} ${ref.name}`, subject: `${kind} ${ref.name} in resource group ${ref.resourceGroup}` }
}
