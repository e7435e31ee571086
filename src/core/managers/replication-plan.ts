/** What is to be copied, and where to. Reads only. */
import type { Backup } from '../domain/backup.js'
import { type CopyPlan, type Impossible, planCopies } from '../domain/copy-plan.js'
import type { Machine, VmRef } from '../domain/machine.js'
import { recoveryOf } from '../domain/recovery-points.js'
import type { CopyPlace } from '../domain/replication.js'
import { readSchedule } from '../domain/schedule.js'
import type { Snapshot } from '../domain/snapshot.js'
import { AzlinError } from '../errors.js'
import type { Limit, Run } from '../run.js'
import type { CopyDeps } from './copy-snapshot.js'
import { CopyTraffic } from './copy-traffic.js'
import { mustKnowRegion } from './known-region.js'
import { factsFor } from './machine-facts.js'

export interface ReplicationDeps extends CopyDeps {
  /** How many copies are followed at once; another limit than that of single requests. */
  readonly copyLimit: Limit
  /** The configured disk encryption set of a region: an ARM id. */
  readonly encryptionSetIn: (region: string) => string | undefined
}

export interface ReplicationWish {
  readonly region: string
  /** Absent: the schedule's, if it is for this region, else that of the sources. */
  readonly resourceGroup?: string | undefined
  readonly encryptionSetId?: string | undefined
}

/** What is to be copied. Nothing has been sent that changes anything. */
export interface ReplicationPlan extends CopyPlan {
  readonly vm: VmRef
  readonly place: CopyPlace
  /** The target group does not exist: making it is the user's to decide. */
  readonly makesGroup: boolean
  /** How many copies are there and were known to be before. */
  readonly known: number
  readonly traffic: CopyTraffic
}

export async function planReplication(
  deps: ReplicationDeps,
  vm: VmRef,
  snapshots: readonly Snapshot[],
  wish: ReplicationWish,
  run: Run,
  choose: (backups: readonly Backup[], incomplete: readonly Backup[]) => readonly Backup[],
): Promise<ReplicationPlan> {
  const { azure, clock, encryptionSetIn } = deps
  const [machine] = await Promise.all([azure.machines.find(vm, run.signal), mustKnowRegion(azure, wish.region, run)])
  const { backups, incomplete, replicas } = recoveryOf(snapshots, vm, machine)
  if (!machine && backups.length + incomplete.length + replicas.length === 0)
    throw new AzlinError('VM_NOT_FOUND', { vm: vm.name, resourceGroup: vm.resourceGroup })
  const chosen = choose(backups, incomplete)
  refuseOwnRegion(chosen, wish.region)

  const resourceGroup = wish.resourceGroup ?? scheduledGroup(machine, wish.region) ?? groupOf(chosen, vm)
  const place = {
    region: wish.region,
    resourceGroup,
    encryptionSetId: wish.encryptionSetId ?? encryptionSetIn(wish.region),
  }
  const makesGroup = (await azure.groups.find(resourceGroup, run.signal)) === undefined
  const facts = await factsFor(deps, machine, chosen, run)
  const plan = planCopies({ backups: chosen, snapshots, place, factsFor: facts })
  return { ...plan, vm, place, makesGroup, known: 0, traffic: new CopyTraffic(azure.snapshots, clock, snapshots) }
}

/** NOT_COPYABLE when nothing of it can be copied. */
export function refuseImpossible({ wants, arrived, known, impossible }: ReplicationPlan): void {
  if (wants.length + arrived.length > 0) return
  // Where all else is there, what stays so is an old story. Anything else is to be mended.
  const [first] = known > 0 ? mendable(impossible) : impossible
  if (first) throw notCopyable(first)
}

/** What was overtaken stays so for ever, and was told when it was; a full snapshot stays a full one. */
export function mendable(impossible: readonly Impossible[]): readonly Impossible[] {
  return impossible.filter(({ final }) => !final)
}

export function notCopyable({ want, why, way }: Impossible): AzlinError {
  return new AzlinError('NOT_COPYABLE', { backup: want.backup, region: want.targetRegion, why, way })
}

function refuseOwnRegion(backups: readonly Backup[], region: string): void {
  const home = backups.find((one) => one.region.toLowerCase() === region.toLowerCase())
  if (!home) return
  const why = `${home.name} is in that region itself, so a copy there would be lost with it`
  const example = 'a region that is paired with it'
  throw new AzlinError('INVALID_INPUT', { what: 'Target region', value: region, why, example })
}

function scheduledGroup(machine: Machine | undefined, region: string): string | undefined {
  const schedule = machine ? readSchedule(machine.tags) : 'none'
  if (typeof schedule === 'string' || schedule.targetRegion?.toLowerCase() !== region.toLowerCase()) return undefined
  return schedule.targetResourceGroup
}

function groupOf(backups: readonly Backup[], vm: VmRef): string {
  return backups[0]?.disks[0]?.snapshot.resourceGroup ?? vm.resourceGroup
}
