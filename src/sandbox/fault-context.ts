import { AsyncLocalStorage } from 'node:async_hooks'

/** What a fault on demand does to the operation that the current request begins. */
export interface OperationFault {
  readonly failWith?: { readonly code: string; readonly message: string }
  /** So many polls answer 500 before one tells the truth. */
  readonly failPolls?: number
}

export const operationFault = new AsyncLocalStorage<OperationFault>()
