import type { OperationUrls } from '../operations.js'
import type { Answer } from '../routes.js'

/** 202 with both headers, as disks, snapshots and the power calls of machines have it. */
export function accepted(urls: OperationUrls, body?: unknown, more: Record<string, string> = {}): Answer {
  const headers = { 'azure-asyncoperation': urls.azureAsyncOperation, location: urls.location, ...more }
  return body === undefined ? { status: 202, headers } : { status: 202, headers, body }
}
