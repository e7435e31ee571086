/** Everything core says while it works: facts in the past tense, no wording, no colour. */
import type { Tier } from './domain/backup.js'
import type { DrillOutcome, DrillPhase, PhaseRecord } from './domain/drill.js'
import type { PowerState } from './domain/machine.js'

export type AzlinEvent =
  | { type: 'backup.started'; vm: string; backup: string; tier: Tier; disks: number }
  | { type: 'backup.finished'; vm: string; backup: string; complete: boolean }
  | { type: 'data.awaited'; backup: string }
  | { type: 'data.arriving'; backup: string; percent: number; secondsLeft: number | undefined }
  | { type: 'data.arrived'; backup: string }
  | { type: 'backup.steppedDown'; backup: string; from: Tier; to: Tier }
  | { type: 'snapshot.started'; snapshot: string }
  | { type: 'snapshot.finished'; snapshot: string }
  | { type: 'snapshot.removed'; snapshot: string; reason: string }
  | { type: 'copy.started'; snapshot: string; region: string }
  | { type: 'copy.adopted'; snapshot: string; region: string }
  | { type: 'copy.waiting'; snapshot: string; reason: string }
  | { type: 'copy.progress'; snapshot: string; percent: number; secondsLeft: number | undefined }
  | { type: 'copy.finished'; snapshot: string; region: string }
  | { type: 'copies.begun'; vm: string; region: string; underWay: number; waiting: number }
  | { type: 'copy.failed'; snapshot: string; message: string }
  | { type: 'verify.started'; backup: string; disks: number; depth: string }
  | { type: 'verify.reading'; disk: string }
  | { type: 'verify.progress'; disk: string; percent: number; secondsLeft: number | undefined }
  | { type: 'verify.read'; disk: string; bytes: number }
  | { type: 'verify.finished'; backup: string; success: boolean; unread: boolean; reason: string | undefined }
  | { type: 'cleanup.failed'; vm: string; code: string; message: string }
  | { type: 'restore.preflight'; vm: string; backup: string }
  | { type: 'restore.checked'; vm: string; backup: string }
  | { type: 'disk.started'; disk: string }
  | { type: 'disk.finished'; disk: string }
  | { type: 'disk.removed'; disk: string }
  | { type: 'vm.power'; vm: string; to: PowerState }
  | { type: 'vm.swapping'; vm: string; disks: number }
  | { type: 'vm.swapped'; vm: string }
  | { type: 'vm.creating'; vm: string }
  | { type: 'vm.created'; vm: string }
  | { type: 'vm.waiting'; vm: string; for: 'running' | 'agent' }
  | { type: 'vm.ready'; vm: string }
  /** Nobody waits for it any more, however that ended. */
  | { type: 'vm.waited'; vm: string }
  | { type: 'restore.rollingBack'; vm: string; reason: string }
  | { type: 'restore.rolledBack'; vm: string }
  | { type: 'drill.started'; vm: string; backup: string; region: string }
  | { type: 'drill.phase'; vm: string; phase: DrillPhase; state: 'began' | PhaseRecord['outcome']; note?: string }
  | { type: 'drill.retrying'; vm: string; what: string; reason: string }
  | { type: 'drill.finished'; vm: string; outcome: DrillOutcome }
  | { type: 'temporary.removed'; resource: string }
  | { type: 'temporary.left'; resource: string; code: string }
  /** It is in use, and its mark could not be taken off. */
  | { type: 'temporary.marked'; resource: string; code: string }
  | { type: 'azure.waiting'; seconds: number; reason: string }
  | { type: 'azure.request'; method: string; path: string; status: number; ms: number; correlationId: string }
  | { type: 'notice'; code: string; text: string }

/** Never throws, never waits: reporting must not be able to fail a backup. */
export type Report = (event: AzlinEvent) => void
