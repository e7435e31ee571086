/**
 * Brings a VM up for real in another region, from the copies there, while its own region is down: nothing is asked
 * of that region, and what the VM was is in the copies' tags.
 */
import { armId } from '../domain/arm-id.js'
import type { Backup, MachineFacts } from '../domain/backup.js'
import { madeThere } from '../domain/disk-kinds.js'
import { originTags } from '../domain/failover-origin.js'
import type { VmRef } from '../domain/machine.js'
import { shortened } from '../domain/naming.js'
import { doubtsOn, planBeside } from '../domain/restore.js'
import { AzlinError } from '../errors.js'
import type { DrillAzure } from '../ports/drill-azure.js'
import type { Run } from '../run.js'
import { audited } from './audited.js'
import { restoreBeside } from './beside-restore.js'
import { agentOwed } from './boot.js'
import type { DrillDeps } from './drill-deps.js'
import { type Place, Places, placeName } from './drill-places.js'
import { diskKindsIn, roomFor } from './drill-room.js'
import { makeLastingGround, takenNames } from './failover-ground.js'
import { mustKnowRegion } from './known-region.js'
import { ownersIn, replicasIn } from './replica-inventory.js'
import { TemporaryResources } from './temporary-resources.js'

export interface FailoverRequest {
  /** The VM that is out of reach. */
  readonly vm: VmRef
  /**
   * The group was given with this command: where the region has copies of only one VM of the name, and that lay in
   * another group, the one that was given is meant for the new VM.
   */
  readonly groupIsGiven?: boolean | undefined
  readonly targetRegion: string
  /** Name of a backup; absent: the newest that the region holds (with `at`: not after that moment). */
  readonly backup?: string | undefined
  readonly at?: Date | undefined
  /** ARM id; absent: a new network of its own, which leads nowhere yet. */
  readonly subnetId?: string | undefined
  /** Of the new VM; made if it is not there. Absent: that of the copies, if it lies in the region, else a new one. */
  readonly resourceGroup?: string | undefined
  readonly size?: string | undefined
  readonly allowSizeChange: boolean
  /** Of the new VM; absent: the same as before, where that is free. */
  readonly name?: string | undefined
}

/** What is going to be done. Nothing has been made. */
export interface FailoverPlan {
  readonly vm: VmRef
  readonly backup: Backup
  readonly facts: MachineFacts
  readonly targetRegion: string
  readonly newVm: VmRef
  readonly size: string
  readonly allowSizeChange: boolean
  readonly subnetId: string | undefined
  readonly makesGroup: boolean
  /** Everything written after the backup is lost: its age, in seconds. */
  readonly rpoSeconds: number
  readonly notices: readonly string[]
}

export interface FailoverResult {
  readonly vmName: string
  readonly resourceGroup: string
  readonly region: string
  readonly size: string
  readonly backupName: string
  readonly rpoSeconds: number
  readonly rtoSeconds: number
  readonly restoredDisks: readonly string[]
  /** False: it runs, and no guest agent was there to say that its system came up. */
  readonly guestReported: boolean
  /** ARM ids of what is in use and still carries the mark of temporary things. */
  readonly stillMarked: readonly string[]
}

export class FailoverManager {
  readonly #deps: DrillDeps

  constructor(deps: DrillDeps) {
    this.#deps = deps
  }

  /** Reads and decides; changes nothing. NOT_READY with all that is missing; NO_BACKUPS, BACKUP_NOT_FOUND, NO_BACKUP_AT. */
  async plan(asked: FailoverRequest, run: Run): Promise<FailoverPlan> {
    const { azure, clock } = this.#deps
    const request = await this.#meant(asked, run)
    const { vm, targetRegion, subnetId, allowSizeChange } = request
    await mustKnowRegion(azure, targetRegion, run)
    const there = await replicasIn(azure, vm, targetRegion, run)
    const chosen = choose(request, there)
    const kinds = madeThere(chosen, targetRegion, await diskKindsIn(azure, targetRegion, run))
    const backup = kinds.point
    const facts = backup.machine
    const group = await this.#groupFor(request, backup, run)
    const newVm = { name: request.name ?? nameFor(request, group.name), resourceGroup: group.name }

    const problems = [...kinds.problems]
    if (!backup.disks.some(({ lun }) => lun === null)) problems.push('the backup has no OS disk')
    if (!facts) problems.push(`the tags of ${backup.name} do not say what VM to make of it`)
    const wanted = request.size ?? facts?.size
    const room =
      wanted === undefined ? undefined : await roomFor(azure, { region: targetRegion, allowSizeChange }, wanted, run)
    problems.push(...(room?.problems ?? []))
    if (subnetId !== undefined) problems.push(...(await subnetProblems(azure, subnetId, targetRegion, run)))
    problems.push(...(await takenNames(azure, { newVm, subnetId, makesGroup: group.makes }, run)))
    if (!facts || !room || problems.length > 0)
      throw new AzlinError('NOT_READY', { what: `The failover of ${vm.name} to ${targetRegion}`, problems })

    const rpoSeconds = Math.max(0, Math.round((+clock.now() - +backup.createdAt) / 1000))
    const notices = [
      ...doubtsOn(backup),
      ...sounderThan(chosen, there),
      ...room.notes,
      ...kinds.notices,
      ...noticesOn(request, group),
    ]
    const where = { targetRegion, newVm, size: room.size, allowSizeChange, subnetId, makesGroup: group.makes }
    return { vm, backup, facts, ...where, rpoSeconds, notices }
  }

  async #meant(asked: FailoverRequest, run: Run): Promise<FailoverRequest> {
    const { vm, targetRegion, groupIsGiven, resourceGroup } = asked
    if (!groupIsGiven || resourceGroup !== undefined) return asked
    const owners = await ownersIn(this.#deps.azure, vm.name, targetRegion, run)
    const isIt = (one: VmRef) => one.resourceGroup.toLowerCase() === vm.resourceGroup.toLowerCase()
    const [only, ...more] = owners
    if (!only || more.length > 0 || owners.some(isIt)) return asked
    return { ...asked, vm: only, resourceGroup: vm.resourceGroup }
  }

  /** A lasting VM, or nothing at all: what was made is removed again where it fails. */
  execute(plan: FailoverPlan, run: Run): Promise<FailoverResult> {
    const { azure, clock, records } = this.#deps
    const { vm, newVm, backup, targetRegion, rpoSeconds } = plan
    const subject = armId(azure.subscriptionId, 'vm', vm)
    const details = { backup: backup.name, region: targetRegion, to: armId(azure.subscriptionId, 'vm', newVm) }
    return audited(this.#deps, { operation: 'dr failover', subject, details }, run, async () => {
      const turn = await records?.turnstile.enter('restore', details.to, clock.now())
      if (turn && !turn.entered)
        throw new AzlinError('VM_BUSY', { vm: newVm.name, what: `A ${turn.what}`, since: turn.since.toISOString() })
      try {
        const begun = clock.elapsed()
        const { place, restoredDisks, guestReported, stillMarked } = await this.#bringUp(plan, run)
        const rtoSeconds = (clock.elapsed() - begun) / 1000
        const named = { vmName: newVm.name, resourceGroup: newVm.resourceGroup, region: targetRegion }
        const ages = { rpoSeconds, rtoSeconds }
        return {
          ...named,
          size: place.size,
          backupName: backup.name,
          ...ages,
          restoredDisks,
          guestReported,
          stillMarked,
        }
      } finally {
        await turn?.leave()
      }
    })
  }

  async #bringUp(
    plan: FailoverPlan,
    run: Run,
  ): Promise<{ readonly place: Place } & Pick<FailoverResult, 'restoredDisks' | 'guestReported' | 'stillMarked'>> {
    const { azure, clock, records, host, limit, boot } = this.#deps
    const { backup, newVm, targetRegion: region, size, allowSizeChange, vm } = plan
    const deps = { azure, clock, journal: records?.journal, host, limit }
    const ground = new TemporaryResources(deps, `dr failover ${vm.name}`)
    try {
      const subnetId = await makeLastingGround(azure, plan, ground, run)
      const places = new Places(azure, { backup, size, region, allowSizeChange }, run)
      for (let place = await places.first(); ; ) {
        try {
          const made = await restoreBeside({ ...deps, boot }, besidePlan(plan, place, subnetId), run, ground)
          return { place, ...made }
        } catch (error) {
          const next = AzlinError.is(error) && !run.signal.aborted ? await places.after(place, error) : undefined
          if (!next) throw error
          const reason = AzlinError.is(error) ? error.message : ''
          run.report({ type: 'drill.retrying', vm: newVm.name, what: placeName(next), reason })
          place = next
        }
      }
    } catch (error) {
      await ground.remove(run)
      throw error
    }
  }

  /** A group's own region may be the one that is down: nothing can be made in such a group. */
  async #groupFor(
    { vm, targetRegion, resourceGroup }: FailoverRequest,
    backup: Backup,
    run: Run,
  ): Promise<{ readonly name: string; readonly makes: boolean }> {
    const { groups } = this.#deps.azure
    if (resourceGroup !== undefined)
      return { name: resourceGroup, makes: (await groups.find(resourceGroup, run.signal)) === undefined }
    const beside = backup.disks[0]?.snapshot.resourceGroup
    const found = beside === undefined ? undefined : await this.#reachable(beside, run)
    if (beside !== undefined && found?.region.toLowerCase() === targetRegion.toLowerCase())
      return { name: beside, makes: false }
    const name = `${shortened(vm.resourceGroup, 60)}-${targetRegion}`
    return { name, makes: (await groups.find(name, run.signal)) === undefined }
  }

  /** Undefined also for a group of which nothing can be learned: its own region may be the one that is down. */
  async #reachable(group: string, run: Run): Promise<{ readonly region: string } | undefined> {
    try {
      return await this.#deps.azure.groups.find(group, run.signal)
    } catch (error) {
      if (!AzlinError.is(error) || !error.retryable || run.signal.aborted) throw error
      return undefined
    }
  }
}

function choose({ vm, targetRegion, backup, at }: FailoverRequest, there: readonly Backup[]): Backup {
  if (backup !== undefined) {
    const found = there.find(({ name }) => name.toLowerCase() === backup.toLowerCase())
    if (!found) throw new AzlinError('BACKUP_NOT_FOUND', { backup, vm: vm.name, region: targetRegion })
    return found
  }
  const [newest] = there
  if (!newest)
    throw new AzlinError('NO_BACKUPS', { vm: vm.name, resourceGroup: vm.resourceGroup, region: targetRegion })
  const found = at ? there.find(({ createdAt }) => createdAt <= at) : newest
  if (!found) throw new AzlinError('NO_BACKUP_AT', { vm: vm.name, at: at?.toISOString() ?? '' })
  return found
}

/** What to take instead of one that is known to be damaged. */
function sounderThan(chosen: Backup, there: readonly Backup[]): string[] {
  const sound = chosen.condemned ? there.find(({ condemned }) => !condemned) : undefined
  return sound
    ? [`The newest copy that is not known to be damaged is of ${sound.createdAt.toISOString()}: --backup ${sound.name}`]
    : []
}

/** Names are of one VM in a group: in its own group the lost VM still has its. */
function nameFor({ vm, targetRegion }: FailoverRequest, group: string): string {
  return group.toLowerCase() === vm.resourceGroup.toLowerCase() ? `${shortened(vm.name, 40)}-${targetRegion}` : vm.name
}

async function subnetProblems(azure: DrillAzure, subnetId: string, region: string, run: Run): Promise<string[]> {
  const there = await azure.testNetworks.subnetRegion(subnetId, run.signal)
  if (there === undefined) return [`there is no subnet ${subnetId}`]
  return there.toLowerCase() === region.toLowerCase() ? [] : [`the subnet ${subnetId} is in ${there}`]
}

function noticesOn(
  { subnetId, targetRegion }: FailoverRequest,
  group: { readonly name: string; readonly makes: boolean },
): string[] {
  const made = group.makes ? [`The resource group ${group.name} is made in ${targetRegion}.`] : []
  if (subnetId !== undefined) return made
  return [
    ...made,
    'Without --subnet it gets a new network of its own, which leads nowhere: connect it before it is used.',
  ]
}

function besidePlan(
  { backup, facts, newVm, targetRegion: region, vm }: FailoverPlan,
  { size, zone }: Place,
  subnetId: string,
) {
  const made = { ...facts, size, zone }
  const { disks } = planBeside({ ...backup, machine: made }, undefined, [])
  const owed = agentOwed(facts.agent)
  return {
    newVm,
    region,
    zone,
    facts: made,
    pointName: backup.name,
    disks,
    network: { subnetId },
    // In an outage a VM that runs and is silent is worth more than none.
    agent: owed === 'must' ? 'should' : owed,
    tags: originTags(vm),
  }
}
