/** How long each phase of a drill took and how it ended, written down as it ends. */
import type { Clock } from '../clock.js'
import type { DrillPhase, PhaseRecord } from '../domain/drill.js'
import { AzlinError } from '../errors.js'
import type { DrillRecords } from '../ports/drills.js'
import type { Run } from '../run.js'
import { textOf } from './audited.js'

export interface DrillLogDeps {
  readonly clock: Clock
  readonly drills: DrillRecords
}

/** Says what a phase saw, and whether that shows anything. */
export type Note = (text: string, outcome?: 'succeeded' | 'unproven') => void

export class DrillLog {
  readonly #deps: DrillLogDeps
  readonly #drill: { readonly id: number; readonly vm: string }
  readonly #run: Run
  readonly #begun: number
  readonly #phases: PhaseRecord[] = []

  constructor(deps: DrillLogDeps, drill: { readonly id: number; readonly vm: string }, run: Run) {
    this.#deps = deps
    this.#drill = drill
    this.#run = run
    this.#begun = deps.clock.elapsed()
  }

  get phases(): readonly PhaseRecord[] {
    return this.#phases.toSorted((a, b) => a.beganSeconds - b.beganSeconds)
  }

  /** `note` says what was seen. */
  async during<T>(phase: DrillPhase, work: (note: Note) => Promise<T>): Promise<T> {
    const { clock } = this.#deps
    const began = clock.elapsed()
    let note: string | undefined
    let passed: 'succeeded' | 'unproven' = 'succeeded'
    const beganSeconds = (began - this.#begun) / 1000
    const end = (outcome: PhaseRecord['outcome']) =>
      this.#write({ phase, beganSeconds, seconds: (clock.elapsed() - began) / 1000, outcome, note })
    this.#tell(phase, 'began', undefined)
    try {
      const result = await work((text, outcome = 'succeeded') => {
        note = text
        passed = outcome
      })
      await end(passed)
      return result
    } catch (error) {
      note = textOf(error)
      await end(this.#run.signal.aborted ? 'interrupted' : 'failed')
      throw error
    }
  }

  async #write(record: PhaseRecord): Promise<void> {
    this.#phases.push(record)
    this.#tell(record.phase, record.outcome, record.note)
    try {
      await this.#deps.drills.phase(this.#drill.id, record)
    } catch (error) {
      // The whole of it is written once more at the end.
      if (!AzlinError.is(error)) throw error
    }
  }

  #tell(phase: DrillPhase, state: 'began' | PhaseRecord['outcome'], note: string | undefined): void {
    this.#run.report({ type: 'drill.phase', vm: this.#drill.vm, phase, state, ...(note !== undefined && { note }) })
  }
}
