/** What a drill is asked to do, and what it found. */
import type { AzlinError } from '../errors.js'
import type { HttpCheck } from './drill-input.js'
import type { VmRef } from './machine.js'

/** The time within which a backup is to become a machine that answers, in seconds. */
export const rtoTargetSeconds = 15 * 60

/** Where and how, for one VM or for many alike. */
export interface DrillOptions {
  readonly testRegion: string
  /** One that exists, in which only azlin's own resources are removed; absent: the drill makes one for itself. */
  readonly testResourceGroup?: string | undefined
  /** Absent: the size that the VM had. */
  readonly size?: string | undefined
  /** Where there is no room for the size, another one of its family will do. */
  readonly allowSizeChange: boolean
  /** Refuse where the region has no copy, instead of making one. */
  readonly requireReplica: boolean
  readonly boot: boolean
  /** SSH, and the checks of the user's own. */
  readonly connectivity: boolean
  readonly cleanup: boolean
  /** ARM id of a subnet of the user's; absent: a network connected to nothing. */
  readonly subnetId?: string | undefined
  /** The only source (CIDR) that may reach port 22 of a temporary public address. */
  readonly sshSource?: string | undefined
  /** Log in as well, and run the user's own checks that way. */
  readonly login?: DrillLogin | undefined
  readonly checkHttp?: HttpCheck | undefined
  readonly checkCommand?: string | undefined
  /** How long each of the user's own checks may fail before that counts. Absent: as long as SSH may. */
  readonly checkTimeoutMs?: number | undefined
}

export interface DrillRequest extends DrillOptions {
  readonly vm: VmRef
  /** Name of the backup; absent: the newest complete one with a copy in the test region, else the newest complete one. */
  readonly backup?: string | undefined
}

export interface DrillLogin {
  readonly user: string
  /** PEM or OpenSSH text of a private key. */
  readonly privateKey: string
  readonly passphrase?: string | undefined
}

/** In the order in which they begin; `disks` and `network` run side by side. */
export const drillPhases = [
  'preflight',
  'copy',
  'quarantine',
  'network',
  'disks',
  'vm',
  'boot',
  'connectivity',
  'http',
  'command',
  'cleanup',
] as const
export type DrillPhase = (typeof drillPhases)[number]

/** Phases may overlap: their seconds do not add up to the RTO. */
export interface PhaseRecord {
  readonly phase: DrillPhase
  /** Since the drill began. */
  readonly beganSeconds: number
  readonly seconds: number
  /** `unproven`: it ended, and shows neither that all is well nor that it is not. */
  readonly outcome: 'succeeded' | 'unproven' | 'failed' | 'interrupted'
  /** What was seen: a banner, a status; or why it failed. */
  readonly note: string | undefined
}

/** How SSH was looked for: a handshake from here, or a look at its banner from inside. */
export const connectionMethods = ['ssh-public', 'ssh-private', 'run-command'] as const
export type ConnectionMethod = (typeof connectionMethods)[number]

export const drillOutcomes = ['running', 'succeeded', 'failed', 'interrupted'] as const
export type DrillOutcome = (typeof drillOutcomes)[number]

/** Undefined, of what a step did: it was not asked for, was not come to, or nothing showed how it went. */
export interface Drill {
  readonly id: number
  readonly vm: VmRef
  /** Its name. */
  readonly backup: string
  readonly testRegion: string
  readonly startedAt: Date
  readonly completedAt: Date | undefined
  /** `succeeded`: every step that was asked for, cleanup included. */
  readonly outcome: DrillOutcome
  readonly restoreSucceeded: boolean | undefined
  readonly bootSucceeded: boolean | undefined
  /** SSH and the user's own checks. */
  readonly connectivitySucceeded: boolean | undefined
  readonly cleanupSucceeded: boolean | undefined
  /** From the start of the restore (or of the copy that it needs) to the last check passed. Undefined when not all passed. */
  readonly rtoSeconds: number | undefined
  readonly errorMessage: string | undefined
  readonly errorCode: string | undefined
  readonly method: ConnectionMethod | undefined
  /** The group in which the restored machine was made. */
  readonly resourceGroup: string | undefined
  readonly testVm: string | undefined
  readonly size: string | undefined
  /** Name of the plan that it was a part of. */
  readonly plan: string | undefined
  readonly phases: readonly PhaseRecord[]
  /** Sentences for the reader: that a copy was made, what the network means, what was left. */
  readonly notes: readonly string[]
  /** Last lines of the serial console, when it did not come up. */
  readonly bootLog: readonly string[]
  /** ARM ids of what is still there. */
  readonly left: readonly string[]
}

/** How one drill of several went. */
export interface DrillItem {
  readonly vm: VmRef
  /** Undefined when it could not be begun. */
  readonly drill: Drill | undefined
  readonly error: AzlinError | undefined
}

/** A plan's drills, as one. */
export interface PlanDrill {
  readonly name: string
  readonly testRegion: string
  readonly startedAt: Date
  readonly completedAt: Date
  readonly success: boolean
  /** From the start of the first restore to the last check of the last VM. Undefined when not all passed. */
  readonly rtoSeconds: number | undefined
  readonly errorMessage: string | undefined
  readonly items: readonly DrillItem[]
}

export type Steps = Pick<Drill, 'restoreSucceeded' | 'bootSucceeded' | 'connectivitySucceeded' | 'cleanupSucceeded'>
type Asked = Pick<DrillOptions, 'boot' | 'connectivity' | 'cleanup'>

/** Whether every step that was asked for succeeded; one that was not come to did not. */
export function isSuccess(asked: Asked, steps: Steps): boolean {
  return isProven(asked, steps) && (!asked.cleanup || steps.cleanupSucceeded === true)
}

/** The same, as far as the backup is concerned. */
export function isProven(asked: Pick<Asked, 'boot' | 'connectivity'>, steps: Steps): boolean {
  return (
    steps.restoreSucceeded === true &&
    (!asked.boot || steps.bootSucceeded === true) &&
    (!asked.connectivity || steps.connectivitySucceeded === true)
  )
}

/** How SSH is to be looked for; undefined when it is not. */
export function methodOf({
  connectivity,
  sshSource,
  subnetId,
}: Pick<DrillOptions, 'connectivity' | 'sshSource' | 'subnetId'>): ConnectionMethod | undefined {
  if (!connectivity) return undefined
  if (sshSource !== undefined) return 'ssh-public'
  return subnetId === undefined ? 'run-command' : 'ssh-private'
}

/** Whether something is to be run inside the guest through Run Command: the user's own checks have no login. */
export function needsRunCommand(options: DrillOptions): boolean {
  const { connectivity, checkHttp, checkCommand, login } = options
  const own = connectivity && (checkHttp !== undefined || checkCommand !== undefined)
  return methodOf(options) === 'run-command' || (own && login === undefined)
}

/** What `--no-cleanup` leaves is removed by this. */
export const removingCommand = 'azlin cleanup'
