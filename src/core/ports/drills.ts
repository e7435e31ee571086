/** The record of drills on this machine. */
import type { Drill, PhaseRecord } from '../domain/drill.js'

export type NewDrill = Pick<Drill, 'vm' | 'backup' | 'testRegion' | 'plan'>

export interface DrillFilter {
  /** Names compare without case, and whole. */
  readonly vm?: string | undefined
  readonly resourceGroup?: string | undefined
  readonly since?: Date | undefined
}

export interface DrillRecords {
  /** Durable before it resolves: from then on a crash leaves a trace. DATABASE_UNUSABLE. */
  begin(drill: NewDrill, at: Date): Promise<number>
  /** So that a crash leaves a trace of how far it came. */
  phase(id: number, record: PhaseRecord): Promise<void>
  /** The whole of it, when it is over. */
  end(drill: Drill): Promise<void>
  /** Newest first. One that stands as running though its process is no more is told as interrupted. */
  list(filter: DrillFilter): Promise<readonly Drill[]>
}
