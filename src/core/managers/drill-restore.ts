/**
 * Makes a machine of a backup for a drill. What Azure has no room for it tries elsewhere: in the next zone, and where
 * that is allowed as the next size. Each attempt has names of its own, and what a failed one leaves goes at the end.
 */
import type { Backup, MachineFacts } from '../domain/backup.js'
import type { DrillOptions } from '../domain/drill.js'
import type { DrillNames, MachineNames } from '../domain/drill-names.js'
import { testMachineNames } from '../domain/drill-names.js'
import type { VmRef } from '../domain/machine.js'
import { planBeside } from '../domain/restore.js'
import { AzlinError } from '../errors.js'
import type { DiskAt } from '../ports/azure.js'
import type { Run } from '../run.js'
import type { DrillDeps } from './drill-deps.js'
import type { DrillLog } from './drill-log.js'
import { type Place, Places, placeName } from './drill-places.js'
import type { Ground, Quarantine } from './drill-quarantine.js'
import { makeMarked } from './temporary-removal.js'
import type { TemporaryResources } from './temporary-resources.js'

export interface MachineWish {
  readonly options: DrillOptions
  readonly vm: VmRef
  readonly backup: Backup
  readonly facts: MachineFacts
  readonly size: string
  readonly group: string
  readonly names: DrillNames
  readonly at: Date
}

export interface TestMachine extends VmRef {
  readonly size: string
  readonly facts: MachineFacts
  /** Where SSH is to be tried: public where there is such an address. */
  readonly address: string
}

const transientTries = 3
const pauseMs = 10_000

export async function restoreForDrill(
  deps: DrillDeps,
  wish: MachineWish,
  quarantine: Pick<Quarantine, 'network'>,
  temporary: TemporaryResources,
  log: DrillLog,
  run: Run,
): Promise<TestMachine> {
  const { testRegion: region, allowSizeChange } = wish.options
  const places = new Places(deps.azure, { backup: wish.backup, size: wish.size, region, allowSizeChange }, run)
  let place = await places.first()
  let transient = 0
  for (let attempt = 1; ; attempt++) {
    try {
      return await makeMachine(deps, wish, place, attempt, quarantine, temporary, log, run)
    } catch (error) {
      if (!AzlinError.is(error) || run.signal.aborted) throw error
      const next = await places.after(place, error)
      if (next) {
        place = next
        run.report({ type: 'drill.retrying', vm: wish.vm.name, what: placeName(next), reason: error.message })
      } else {
        if (!isTransient(error) || ++transient >= transientTries) throw error
        run.report({ type: 'drill.retrying', vm: wish.vm.name, what: 'new names', reason: error.message })
        await deps.clock.sleep(pauseMs * transient, run.signal)
      }
    }
  }
}

function isTransient({ retryable, code }: AzlinError): boolean {
  return retryable || code === 'CONFLICT' || code === 'TIMED_OUT' || code === 'NAME_TAKEN'
}

async function makeMachine(
  deps: DrillDeps,
  wish: MachineWish,
  { size, zone }: Place,
  attempt: number,
  quarantine: Pick<Quarantine, 'network'>,
  temporary: TemporaryResources,
  log: DrillLog,
  run: Run,
): Promise<TestMachine> {
  const { azure } = deps
  const { group, options, at, names, backup } = wish
  const facts = { ...wish.facts, size, zone }
  const named = testMachineNames(wish.vm.name, at, names.token, attempt)
  const ref = { name: named.vm, resourceGroup: group }
  const [nic, disks] = await bothSettled(
    log.during('network', async () => makeNic(deps, wish, named, zone, await quarantine.network(), temporary, run)),
    log.during('disks', () => makeDisks(wish, facts, named, temporary, run)),
  )
  await log.during('vm', async (note) => {
    run.report({ type: 'vm.creating', vm: ref.name })
    const want = { ...ref, region: options.testRegion, zone, facts, disks, nicId: nic.id, throwAway: true }
    const tags = { 'azlin:restored-from': backup.name, ...temporary.tags() }
    await makeMarked(azure, temporary, 'vm', ref, (sent) => azure.machines.create({ ...want, tags }, run.signal, sent))
    note(placeName({ size, zone }))
    run.report({ type: 'vm.created', vm: ref.name })
  })
  return { ...ref, size, facts, address: nic.address }
}

async function makeNic(
  { azure }: DrillDeps,
  { options, group }: MachineWish,
  named: MachineNames,
  zone: string | undefined,
  { subnetId, securityGroupId }: Ground,
  temporary: TemporaryResources,
  run: Run,
): Promise<{ readonly id: string; readonly address: string }> {
  const region = options.testRegion
  const pip = { name: named.pip, resourceGroup: group }
  const open = options.connectivity && options.sshSource !== undefined
  const address = open
    ? await makeMarked(azure, temporary, 'pip', pip, (sent) =>
        azure.testNetworks.createPublicAddress({ ...pip, region, zone, tags: temporary.tags() }, run.signal, sent),
      )
    : undefined
  const nic = { name: named.nic, resourceGroup: group }
  const made = await makeMarked(azure, temporary, 'nic', nic, (sent) =>
    azure.testNetworks.createNic(
      { ...nic, region, subnetId, securityGroupId, publicAddressId: address?.id, tags: temporary.tags() },
      run.signal,
      sent,
    ),
  )
  return { id: made.id, address: address?.address ?? made.privateAddress }
}

async function makeDisks(
  { backup, group, options }: MachineWish,
  facts: MachineFacts,
  named: MachineNames,
  temporary: TemporaryResources,
  run: Run,
): Promise<readonly DiskAt[]> {
  const { disks } = planBeside({ ...backup, machine: facts }, undefined, [])
  const wanted = disks.map((plan) => ({ plan, ref: { name: named.disk(plan.lun), resourceGroup: group } }))
  const tags = { 'azlin:restored-from': backup.name }
  const made = await temporary.makeDisks(wanted, options.testRegion, tags, run)
  return made.map(({ plan, disk }) => ({ id: disk.id, name: disk.name, lun: plan.lun, caching: plan.caching }))
}

/** What was begun is let finish before anything else is tried: a half-made resource would escape. */
async function bothSettled<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second])
  return [await first, await second]
}
