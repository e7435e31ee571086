/** What Microsoft.Network answers when it says no. Most of its refusals have status 400. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly details?: readonly { readonly code: string; readonly message: string }[]
}

export function refuse(code: string, message: string, status = 400): Refusal {
  return { status, code, message }
}
