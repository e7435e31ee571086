/** Lists that come in pages. */
import type { CallOptions } from './calls.js'
import type { Clients } from './clients.js'
import { isFields } from './error-body.js'

/** Every item of a list, following its `nextLink` to the end. */
export async function readPages(clients: Clients, path: string, options: CallOptions): Promise<readonly unknown[]> {
  const items: unknown[] = []
  for (let next: string | undefined = path; next !== undefined; ) {
    const page = await clients.read(next, options.abortSignal)
    if (!isFields(page) || !Array.isArray(page['value'])) throw new Error('the answer is not a list')
    items.push(...page['value'])
    next = typeof page['nextLink'] === 'string' && page['nextLink'] !== '' ? page['nextLink'] : undefined
  }
  return items
}

/** The pages of a list. While one is worked on, the next is on its way. */
export async function* ahead<T>(pages: AsyncIterator<T>): AsyncGenerator<T> {
  const ask = () => {
    const page = pages.next()
    // It may fail before anyone waits for it, or when nobody reads on.
    page.catch(() => {})
    return page
  }
  for (let next = ask(); ; ) {
    const { value, done } = await next
    if (done) return
    next = ask()
    // The request goes out now, and not after the work on this page.
    await new Promise((resolve) => setImmediate(resolve))
    yield value
  }
}
