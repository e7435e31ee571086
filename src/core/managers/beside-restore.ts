/**
 * Makes a second VM of a recovery point, beside the first: disks and network
 * interface at the same time, then the VM. Until its guest has reported everything
 * is temporary; on failure all of it is removed again.
 */
import type { MachineFacts } from '../domain/backup.js'
import type { ResourceRef, VmRef } from '../domain/machine.js'
import { restoredDiskName, restoredNicName } from '../domain/naming.js'
import type { DiskPlan } from '../domain/restore.js'
import { AzlinError } from '../errors.js'
import type { DiskAt } from '../ports/azure.js'
import type { Run } from '../run.js'
import { awaitBoot, type ExpectedAgent } from './boot.js'
import { diskToken } from './disk-token.js'
import type { InPlaceDeps, InPlaceResult } from './in-place-restore.js'
import { TemporaryResources } from './temporary-resources.js'

/** Where the new VM gets its network from: the subnet of an existing interface, or one named by its ARM id. */
export type NetworkSource = { readonly likeNic: string } | { readonly subnetId: string }

export interface BesidePlan {
  readonly newVm: VmRef
  readonly region: string
  readonly zone: string | undefined
  readonly facts: MachineFacts
  readonly pointName: string
  readonly disks: readonly DiskPlan[]
  readonly network: NetworkSource
  readonly agent: ExpectedAgent
  /** On the VM, beside those that say where it is from. */
  readonly tags?: Readonly<Record<string, string>>
}

/** `ground`: what was made for it to stand on, which stays with it. */
export async function restoreBeside(
  deps: InPlaceDeps,
  plan: BesidePlan,
  run: Run,
  ground?: TemporaryResources,
): Promise<InPlaceResult> {
  const { azure, clock } = deps
  const { newVm, region } = plan
  const start = clock.elapsed()
  const temporary = new TemporaryResources(deps, `restore ${newVm.name}`)
  const origin = { ...plan.tags, 'azlin:restored-from': plan.pointName }
  try {
    const [nicId, places] = await bothSettled(
      makeNic(deps, plan, temporary, run),
      makeDisks(deps, plan, temporary, run),
    )

    run.report({ type: 'vm.creating', vm: newVm.name })
    const want = { ...newVm, region, zone: plan.zone, facts: plan.facts, disks: places, nicId, throwAway: false }
    await temporary.make(
      'vm',
      newVm,
      (sent) => azure.machines.create({ ...want, tags: { ...origin, ...temporary.tags() } }, run.signal, sent),
      async (signal, isMade) => {
        const there = await azure.machines.find(newVm, signal)
        if (there ? temporary.isOurs(there.tags) : isMade) await azure.machines.remove(newVm, signal)
      },
      (signal) => azure.machines.find(newVm, signal),
    )
    run.report({ type: 'vm.created', vm: newVm.name })
    const reported = await lookedForBoot(deps, plan, run)
    if (!reported)
      run.report({
        type: 'notice',
        code: 'NO_GUEST_AGENT',
        text: `No guest agent of ${newVm.name} was seen to report; look at it yourself.`,
      })
    run.report({ type: 'vm.ready', vm: newVm.name })
    const rtoSeconds = (clock.elapsed() - start) / 1000

    const stillMarked = await temporary.keep(run, ground)
    const restoredDisks = places.map((place) => place.name)
    return { restoredDisks, previousDisks: [], deletedDisks: [], rtoSeconds, guestReported: reported, stillMarked }
  } catch (error) {
    await temporary.remove(run)
    throw error
  }
}

/** Azure has made it: that nobody may look at it, or no longer, takes nothing away from it. */
async function lookedForBoot({ boot }: InPlaceDeps, { newVm, agent }: BesidePlan, run: Run): Promise<boolean> {
  try {
    return await awaitBoot(boot, newVm, undefined, agent, run)
  } catch (error) {
    const isUnseen = AzlinError.is(error) && unseen.includes(error.code)
    if (!isUnseen || agent === 'must' || run.signal.aborted) throw error
    run.report({ type: 'notice', code: error.code, text: error.message })
    return false
  }
}

const unseen: readonly string[] = ['FORBIDDEN', 'NOT_SIGNED_IN']

/** Whether its name is free is looked at before anything is made. */
export function nicFor({ name, resourceGroup }: VmRef): ResourceRef {
  return { name: restoredNicName(name), resourceGroup }
}

function makeNic({ azure }: InPlaceDeps, plan: BesidePlan, temporary: TemporaryResources, run: Run): Promise<string> {
  const { newVm, network, region } = plan
  const ref = nicFor(newVm)
  const want = { ...ref, region, tags: { 'azlin:restored-from': plan.pointName, ...temporary.tags() } }
  return temporary.make(
    'nic',
    ref,
    (sent) =>
      'likeNic' in network
        ? azure.networks.cloneNic(network.likeNic, want, run.signal, sent)
        : azure.networks.createNic(network.subnetId, want, run.signal, sent),
    async (signal, isMade) => {
      const there = await azure.networks.findNic(ref, signal)
      if (there ? temporary.isOurs(there.tags) : isMade) await azure.networks.removeNic(ref, signal)
    },
    (signal) => azure.networks.findNic(ref, signal),
  )
}

async function makeDisks(
  { clock }: InPlaceDeps,
  { newVm, region, pointName, disks }: BesidePlan,
  temporary: TemporaryResources,
  run: Run,
): Promise<readonly DiskAt[]> {
  const [at, token] = [clock.now(), diskToken()]
  const { resourceGroup } = newVm
  const wanted = disks.map((plan) => ({
    plan,
    ref: { name: restoredDiskName(newVm.name, plan.lun, at, token), resourceGroup },
  }))
  const made = await temporary.makeDisks(wanted, region, { 'azlin:restored-from': pointName }, run)
  return made.map(({ plan, disk }) => ({ id: disk.id, name: disk.name, lun: plan.lun, caching: plan.caching }))
}

/** What was begun is let finish before anything is removed: a half-made resource would escape. */
async function bothSettled<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second])
  return [await first, await second]
}
