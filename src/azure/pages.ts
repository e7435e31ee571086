/** Lists that come in pages and that the SDK has no words for. */
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
