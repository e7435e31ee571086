import type { Clock } from '../clock.js'
import type { Azure } from '../ports/azure.js'
import type { Records } from '../ports/records.js'
import type { Limit } from '../run.js'

/** What the managers stand on. */
export interface ManagerDeps {
  readonly azure: Azure
  /** Absent where only listing is asked for, which needs no database. */
  readonly records: Records | undefined
  readonly clock: Clock
  /** How many single requests may be under way at once. Never taken around another limited piece of work. */
  readonly limit: Limit
}
