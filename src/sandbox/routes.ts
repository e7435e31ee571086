/** What a route of the sandbox gets and gives, without the HTTP framework around it. */
import type { Faults } from './faults.js'
import type { Guests } from './guest/guests.js'
import type { Json } from './network/json.js'
import type { Operations } from './operations.js'
import type { Removal } from './removal.js'
import type { World } from './world.js'

export interface Call {
  readonly method: string
  /** The path, decoded. */
  readonly path: string
  /** Path and query exactly as they came. */
  readonly rawUrl: string
  readonly params: Readonly<Record<string, string>>
  /** Names in lower case, but for the `$` they begin with as sent. */
  readonly query: Readonly<Record<string, string>>
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** An empty object when there was none. */
  readonly body: Json
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export type Handler = (call: Call) => Answer | Promise<Answer>

/** All that the parts of the sandbox work on. */
export interface Sandbox {
  readonly world: World
  readonly operations: Operations
  readonly removal: Removal
  readonly faults: Faults
  readonly guests: Guests
  /** Where it listens, like `https://127.0.0.1:41234`. */
  readonly url: () => string
}

export type Method = 'GET' | 'HEAD' | 'PUT' | 'PATCH' | 'POST' | 'DELETE'

/** Adds a route; `:name` in the path becomes `params.name`. Letter case of the fixed parts does not matter. */
export type AddRoute = (method: Method, path: string, handler: Handler) => void

/** Path of a resource type in a group. */
export function inGroup(provider: string, type: string): string {
  return `/subscriptions/:subscription/resourceGroups/:group/providers/${provider}/${type}`
}

export function ok(body: unknown): Answer {
  return { status: 200, body }
}
