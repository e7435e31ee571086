export interface LoggedRequest {
  readonly method: string
  /** Without the query, which may carry signatures. */
  readonly path: string
  /** 0: the connection was broken before the answer ended. */
  readonly status: number
  readonly ms: number
  readonly at: string
}

const kept = 20_000

/** The last requests, oldest first. */
export class RequestLog {
  #requests: LoggedRequest[] = []

  add(request: LoggedRequest): void {
    this.#requests.push(request)
    if (this.#requests.length > kept) this.#requests = this.#requests.slice(-kept / 2)
  }

  list(): readonly LoggedRequest[] {
    return this.#requests
  }

  clear(): void {
    this.#requests = []
  }
}
