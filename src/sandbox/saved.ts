/** What is saved of a world: all of it, or what changed since it was saved last. */
import { isObject } from './network/json.js'
import type { Operation } from './operations.js'
import type { Resource } from './resource.js'

export interface Saved {
  readonly offsetMs: number
  readonly secret: string
  readonly counter: number
  readonly resources: readonly Resource[]
  readonly operations: readonly Operation[]
}

export interface News {
  readonly offsetMs: number
  readonly counter: number
  readonly resources: readonly Resource[]
  readonly operations: readonly Operation[]
  /** Ids of what is no longer there: of resources in lower case. */
  readonly gone: readonly string[]
  readonly forgotten: readonly string[]
}

/** The state after the changes. Undefined when `whole` is nothing that was saved. */
export function replayed(whole: unknown, changes: readonly unknown[]): Saved | undefined {
  if (!isSaved(whole)) return undefined
  const resources = new Map(whole.resources.map((one) => [one.id.toLowerCase(), one]))
  const operations = new Map(whole.operations.map((one) => [one.id, one]))
  let { offsetMs, counter } = whole
  for (const news of changes as readonly News[]) {
    for (const id of news.gone) resources.delete(id)
    for (const id of news.forgotten) operations.delete(id)
    for (const one of news.resources) resources.set(one.id.toLowerCase(), one)
    for (const one of news.operations) operations.set(one.id, one)
    offsetMs = news.offsetMs
    counter = news.counter
  }
  const { secret } = whole
  return { offsetMs, counter, secret, resources: [...resources.values()], operations: [...operations.values()] }
}

/** Written by the sandbox alone: so only that it is such a file at all is asked. */
function isSaved(value: unknown): value is Saved {
  return isObject(value) && Array.isArray(value['resources']) && typeof value['secret'] === 'string'
}
