/**
 * Restores: finds the recovery point, checks everything that can be checked before
 * anything is changed, then hands over to the transaction.
 */

import { armId } from '../domain/arm-id.js'
import type { MachineFacts, RecoveryPoint } from '../domain/backup.js'
import { madeThere, needsZone } from '../domain/disk-kinds.js'
import type { Disk, Machine, VmRef } from '../domain/machine.js'
import { planBeside, planInPlace } from '../domain/restore.js'
import { whyIncomplete } from '../domain/verify-plan.js'
import { AzlinError } from '../errors.js'
import type { Records } from '../ports/records.js'
import type { Run } from '../run.js'
import { audited } from './audited.js'
import { type BesidePlan, type NetworkSource, nicFor, restoreBeside } from './beside-restore.js'
import { agentOwed } from './boot.js'
import { type InPlaceDeps, type InPlacePlan, restoreInPlace } from './in-place-restore.js'
import { disksOf, factsOf } from './machine-facts.js'

export interface RestoreOptions {
  /** Name of a second VM to make; absent: the disks of the VM itself are replaced. */
  readonly newVm?: string | undefined
  readonly targetResourceGroup?: string | undefined
  /** ARM id of the subnet of the new VM; absent: that of the VM's first interface. */
  readonly subnetId?: string | undefined
  readonly deletePreviousDisks?: boolean | undefined
  /** Ask nothing of the VM itself, whose region may be down: what the snapshots' tags say must do. */
  readonly withoutOriginal?: boolean | undefined
}

export type RestorePlan = {
  readonly vm: VmRef
  readonly point: RecoveryPoint
  readonly notices: readonly string[]
} & ({ readonly mode: 'in-place'; readonly work: InPlacePlan } | { readonly mode: 'beside'; readonly work: BesidePlan })

export interface RestoreResult {
  readonly vmName: string
  readonly backupName: string
  /** From the start of the work until the guest had reported. */
  readonly rtoSeconds: number
  readonly restoredDisks: readonly string[]
  /** Disks that were replaced; they are kept unless their deletion was asked for. */
  readonly previousDisks: readonly string[]
  /** Those of them that are gone. */
  readonly deletedDisks: readonly string[]
  /** False: it runs, and no guest agent was there to say that its system came up. */
  readonly guestReported: boolean
  /** ARM ids of what is in use and still carries the mark of temporary things. */
  readonly stillMarked: readonly string[]
}

export type RestoreDeps = InPlaceDeps & { readonly records: Records | undefined }

export class RestoreManager {
  readonly #deps: RestoreDeps

  constructor(deps: RestoreDeps) {
    this.#deps = deps
  }

  /** Reads and decides; changes nothing. PREFLIGHT_FAILED names every problem at once. */
  async plan(vm: VmRef, point: RecoveryPoint, options: RestoreOptions, run: Run): Promise<RestorePlan> {
    const { machines } = this.#deps.azure
    run.report({ type: 'restore.preflight', vm: vm.name, backup: point.name })
    if (!point.complete) throw new AzlinError('BACKUP_INCOMPLETE', { backup: point.name, ...whyIncomplete(point) })

    const machine =
      options.newVm === undefined
        ? await machines.get(vm, run.signal)
        : options.withoutOriginal
          ? undefined
          : await machines.find(vm, run.signal)
    const current = machine ? (await disksOf(this.#deps, machine, run)).filter((disk) => disk !== undefined) : []
    const plan =
      options.newVm === undefined
        ? this.#planInPlace(vm, point, machine, current, options)
        : await this.#planBeside(vm, { ...options, newVm: options.newVm }, point, machine, current, run)
    run.report({ type: 'restore.checked', vm: vm.name, backup: point.name })
    return plan
  }

  /** VM_BUSY while another azlin on this machine backs this VM up or restores it. */
  execute(plan: RestorePlan, run: Run): Promise<RestoreResult> {
    const { azure, clock, records } = this.#deps
    const target = plan.mode === 'in-place' ? plan.vm : plan.work.newVm
    const subject = armId(azure.subscriptionId, 'vm', target)
    const details = { backup: plan.point.name, mode: plan.mode }
    return audited(this.#deps, { operation: 'restore', subject, details }, run, async () => {
      const turn = await records?.turnstile.enter('restore', subject, clock.now())
      if (turn && !turn.entered) {
        const since = turn.since.toISOString()
        throw new AzlinError('VM_BUSY', { vm: target.name, what: `A ${turn.what}`, since })
      }
      try {
        const done =
          plan.mode === 'in-place'
            ? await restoreInPlace(this.#deps, plan.work, run)
            : await restoreBeside(this.#deps, plan.work, run)
        return { vmName: target.name, backupName: plan.point.name, ...done }
      } finally {
        await turn?.leave()
      }
    })
  }

  #planInPlace(
    vm: VmRef,
    point: RecoveryPoint,
    machine: Machine | undefined,
    current: readonly Disk[],
    { deletePreviousDisks = false }: RestoreOptions,
  ): RestorePlan {
    if (!machine) throw new AzlinError('VM_NOT_FOUND', { vm: vm.name, resourceGroup: vm.resourceGroup })
    const { disks, problems, notices } = planInPlace(machine, point, current)
    refuse(point, problems, 'in-place')
    const agent = point.machine?.agent
    const work = { machine, pointName: point.name, disks, deletePreviousDisks, agent }
    return { mode: 'in-place', vm, point, notices, work }
  }

  async #planBeside(
    vm: VmRef,
    options: RestoreOptions & { newVm: string },
    point: RecoveryPoint,
    original: Machine | undefined,
    current: readonly Disk[],
    run: Run,
  ): Promise<RestorePlan> {
    const { machines, networks, regions, groups } = this.#deps.azure
    // Beside the copies it is made of, when the VM's own group may be out of reach.
    const besides = options.withoutOriginal ? point.disks[0]?.snapshot.resourceGroup : undefined
    const newVm = { name: options.newVm, resourceGroup: options.targetResourceGroup ?? besides ?? vm.resourceGroup }
    const group = await groups.find(newVm.resourceGroup, run.signal)
    if (!group) throw new AzlinError('RESOURCE_GROUP_NOT_FOUND', { resourceGroup: newVm.resourceGroup })
    if (await machines.find(newVm, run.signal))
      throw new AzlinError('NAME_TAKEN', { what: 'a VM named', name: newVm.name })
    const nic = nicFor(newVm)
    if (await networks.findNic(nic, run.signal))
      throw new AzlinError('NAME_TAKEN', { what: 'a network interface', name: nic.name })

    const facts =
      point.machine ??
      (original &&
        factsOf(
          { ...original, status: await machines.status(vm, run.signal) },
          current.find(({ osType }) => osType !== undefined),
        ))
    const zone = facts && (await this.#zoneFor(point, facts, run))
    const kinds = isCopy(point) ? await regions.diskKinds(point.region, run.signal) : undefined
    const made = madeThere({ ...point, machine: facts && { ...facts, zone } }, point.region, kinds)
    const { disks, problems: found, notices } = planBeside(made.point, original, current)
    const problems = [...found, ...made.problems]
    const network = networkFor(original, options.subnetId)
    if (!facts) problems.push(`neither its tags nor ${vm.name} itself say what VM to make of it`)
    if (!network)
      problems.push(
        options.withoutOriginal
          ? `say which network of ${point.region} with --subnet`
          : `${vm.name} is gone, so say which network with --subnet`,
      )
    if (facts) {
      const why = await regions.whyNotSize(facts.size, point.region, zone, run.signal)
      if (why) problems.push(why)
    }
    if (!facts || !network) throw new AzlinError('PREFLIGHT_FAILED', { backup: point.name, problems, mode: 'beside' })
    refuse(point, problems, 'beside')
    const agent = agentOwed(facts.agent)
    const work = { newVm, region: point.region, zone, facts, pointName: point.name, disks, network, agent } as const
    return { mode: 'beside', vm, point, notices: [...notices, ...made.notices], work }
  }

  /** Zones of a second region have nothing to do with those of the first: Azure may choose, where the disks let it. */
  async #zoneFor(point: RecoveryPoint, { size, zone }: MachineFacts, run: Run): Promise<string | undefined> {
    if (!isCopy(point)) return zone
    if (!needsZone(point)) return undefined
    const { regions } = this.#deps.azure
    for (const other of [...(zone === undefined ? [] : [zone]), '1', '2', '3'])
      if ((await regions.whyNotSize(size, point.region, other, run.signal)) === undefined) return other
    return zone
  }
}

function isCopy({ disks }: RecoveryPoint): boolean {
  return disks.some(({ snapshot }) => snapshot.createOption === 'CopyStart')
}

function refuse(point: RecoveryPoint, problems: readonly string[], mode: RestorePlan['mode']): void {
  if (problems.length > 0) throw new AzlinError('PREFLIGHT_FAILED', { backup: point.name, problems, mode })
}

function networkFor(original: Machine | undefined, subnetId: string | undefined): NetworkSource | undefined {
  if (subnetId !== undefined) return { subnetId }
  const likeNic = original?.nicIds[0]
  return likeNic === undefined ? undefined : { likeNic }
}
