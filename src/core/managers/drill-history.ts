import type { Drill } from '../domain/drill.js'
import { type SuccessRate, successRate } from '../domain/success-rate.js'
import { requireRecords } from './audited.js'
import type { ManagerDeps } from './deps.js'

export interface DrillPeriod {
  readonly vm?: string | undefined
  readonly resourceGroup?: string | undefined
  readonly days: number
}

const dayMs = 24 * 60 * 60_000

/** What this computer's record says of drills; asks Azure nothing. */
export class DrillHistory {
  readonly #deps: Pick<ManagerDeps, 'records' | 'clock'>

  constructor(deps: Pick<ManagerDeps, 'records' | 'clock'>) {
    this.#deps = deps
  }

  /** Newest first. */
  async history({ days, ...filter }: DrillPeriod): Promise<readonly Drill[]> {
    const since = new Date(+this.#deps.clock.now() - days * dayMs)
    return requireRecords(this.#deps).drills.list({ ...filter, since })
  }

  async rate(period: DrillPeriod): Promise<SuccessRate> {
    return successRate(await this.history(period))
  }
}
