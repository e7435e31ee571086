import type { Json } from './network/json.js'
import type { Refusal } from './network/refusal.js'

/** A refusal as Resource Manager sends it: `{error: {code, message}}`. */
export class ArmError extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  /** The body stands without `error` around it, as compute answers when it throttles. */
  readonly bare: boolean
  readonly #more: Json

  constructor(
    status: number,
    code: string,
    message: string,
    {
      headers = {},
      more = {},
      bare = false,
    }: { headers?: Readonly<Record<string, string>>; more?: Json; bare?: boolean } = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
    this.bare = bare
    this.#more = more
  }

  static of({ status, code, message, details }: Refusal): ArmError {
    return new ArmError(status, code, message, details ? { more: { details } } : {})
  }

  /** What stands under `error`, in a body as in the status of an operation. */
  get error(): Json {
    return { code: this.code, message: this.message, ...this.#more }
  }
}

export function invalidParameter(message: string, target?: string): ArmError {
  return new ArmError(400, 'InvalidParameter', message, target === undefined ? {} : { more: { target } })
}

export function notAllowed(message: string): ArmError {
  return new ArmError(409, 'OperationNotAllowed', message)
}

/** `kind` and name as in the real message: `Microsoft.Compute/disks/data-1`. */
export function resourceNotFound(kindAndName: string, group: string): ArmError {
  return new ArmError(
    404,
    'ResourceNotFound',
    `The Resource '${kindAndName}' under resource group '${group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
    { headers: { 'x-ms-failure-cause': 'gateway' } },
  )
}

export function groupNotFound(group: string): ArmError {
  return new ArmError(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`, {
    headers: { 'x-ms-failure-cause': 'gateway' },
  })
}
