/** Everything that a drill needs, looked at before anything is made; what is missing is told at once. */
import type { Backup, MachineFacts } from '../domain/backup.js'
import { madeThere } from '../domain/disk-kinds.js'
import { type DrillRequest, needsRunCommand } from '../domain/drill.js'
import { type DrillNames, drillNames } from '../domain/drill-names.js'
import { showsAgent, type VmRef } from '../domain/machine.js'
import { newestFirst, recoveryOf } from '../domain/recovery-points.js'
import { AzlinError } from '../errors.js'
import type { Run } from '../run.js'
import { withinMs } from '../time-limit.js'
import type { DrillDeps } from './drill-deps.js'
import { drillActions } from './drill-permissions.js'
import { diskKindsIn, roomFor } from './drill-room.js'
import { mustKnowRegion } from './known-region.js'
import type { ReplicationPlan } from './replication-plan.js'

/** What a drill is going to do. Nothing has been made. */
export interface Blueprint {
  readonly request: DrillRequest
  readonly backup: Backup
  readonly facts: MachineFacts
  /** The region has no copy: this one is made first. */
  readonly copy: ReplicationPlan | undefined
  readonly size: string
  /** Of the region; undefined: nobody says. */
  readonly diskKinds: readonly string[] | undefined
  readonly names: DrillNames
  readonly at: Date
  /** Where the machine is made. */
  readonly group: string
  readonly makesGroup: boolean
  /** Whether the VM had a working guest agent; then the one that is made of it must have one too. Undefined: nobody knows. */
  readonly agent: boolean | undefined
  readonly notes: readonly string[]
}

/** What several drills share. */
export interface Shared {
  readonly names: DrillNames
  readonly at: Date
}

/** NOT_READY with all that is missing; VM_NOT_FOUND and NO_BACKUPS where there is nothing to look at. */
export async function planDrill(
  deps: DrillDeps,
  request: DrillRequest,
  run: Run,
  shared: Shared = { at: deps.clock.now(), names: drillNames(request.vm.name, deps.clock.now(), deps.newToken()) },
): Promise<Blueprint> {
  const { vm, testRegion, testResourceGroup, allowSizeChange } = request
  refuseContradiction(request)
  const { there, home, incomplete } = await backupsOf(deps, vm, testRegion, run)
  const chosen = choose(request, { there, home, incomplete })
  const inRegion = there.find((one) => one === chosen.backup)
  const facts = chosen.backup && (await factsOf(deps, chosen.backup, run))
  const wanted = request.size ?? facts?.size
  const group = testResourceGroup ?? shared.names.group

  const [region, copy, room, diskKinds, place, subnet, rights, agent] = await Promise.all([
    told(() => mustKnowRegion(deps.azure, testRegion, run)),
    chosen.backup && !inRegion ? copyFor(deps, request, chosen.backup, run) : { problems: [], plan: undefined },
    wanted === undefined
      ? { size: '', problems: [], notes: [] }
      : roomFor(deps.azure, { region: testRegion, allowSizeChange }, wanted, run),
    diskKindsIn(deps.azure, testRegion, run),
    placeProblems(deps, request, shared.names, run),
    subnetProblems(deps, request, run),
    rightsProblems(deps, request, run),
    // Of a backup that says so itself, the VM of today is not asked: it may have changed since, or be gone.
    facts?.agent ?? agentToday(deps, vm, run),
  ])
  const unknown = chosen.backup && !facts ? [`the tags of ${chosen.backup.name} do not say what VM to make of it`] : []
  const kinds = chosen.backup && madeThere(chosen.backup, testRegion, diskKinds)
  const os = chosen.backup?.disks.some(({ lun }) => lun === null) === false ? ['the backup has no OS disk'] : []
  const problems = [
    ...region,
    ...chosen.problems,
    ...unknown,
    ...os,
    ...copy.problems,
    // Of a region that there is not, nothing else can be said.
    ...(region.length > 0 ? [] : [...room.problems, ...(kinds?.problems ?? []), ...subnet]),
    ...place,
    ...rights,
  ]
  if (!chosen.backup || !facts || problems.length > 0)
    throw new AzlinError('NOT_READY', {
      what: `The drill of ${vm.name} in ${testRegion}`,
      problems: [...new Set(problems)],
    })
  const notes = [
    ...room.notes,
    ...(kinds?.notices ?? []),
    ...networkNotes(request),
    ...copyNotes(copy.plan, chosen.backup, testRegion),
  ]
  const where = { ...shared, group, makesGroup: testResourceGroup === undefined, agent }
  return { request, backup: chosen.backup, facts, copy: copy.plan, size: room.size, diskKinds, ...where, notes }
}

function refuseContradiction({ subnetId, sshSource }: DrillRequest): void {
  if (subnetId === undefined || sshSource === undefined) return
  const why = 'a machine in a subnet of yours gets no public address'
  throw new AzlinError('INVALID_INPUT', { what: '--ssh-source', value: sshSource, why, example: '--subnet without it' })
}

interface Found {
  /** Complete in the test region, newest first. */
  readonly there: readonly Backup[]
  /** Complete at home, newest first. */
  readonly home: readonly Backup[]
  readonly incomplete: readonly Backup[]
}

/** One list of snapshots, and nothing asked of the VM: its region may be down. */
export async function backupsOf(
  { azure }: Pick<DrillDeps, 'azure'>,
  vm: VmRef,
  region: string,
  run: Run,
): Promise<Found> {
  const { backups, replicas, incomplete } = recoveryOf(await azure.snapshots.inSubscription(run.signal), vm, undefined)
  if (backups.length + replicas.length + incomplete.length === 0) {
    await azure.machines.get(vm, run.signal)
    throw new AzlinError('NO_BACKUPS', { vm: vm.name, resourceGroup: vm.resourceGroup })
  }
  const isThere = (one: Backup) => one.complete && one.region.toLowerCase() === region.toLowerCase()
  const half = [...incomplete, ...replicas.filter((one) => !one.complete)]
  return { there: [...backups, ...replicas].filter(isThere).toSorted(newestFirst), home: backups, incomplete: half }
}

function choose(
  { vm, backup: wanted, testRegion, requireReplica }: DrillRequest,
  { there, home, incomplete }: Found,
): { readonly backup: Backup | undefined; readonly problems: readonly string[] } {
  const named = (one: Backup) => wanted === undefined || one.name.toLowerCase() === wanted.toLowerCase()
  const found = there.find(named)
  if (found) return { backup: found, problems: [] }
  const source = home.find(named)
  if (source && requireReplica)
    return { backup: source, problems: [`${testRegion} has no complete copy of ${source.name}, and one is required`] }
  if (source) return { backup: source, problems: [] }
  const half = incomplete.find(named)
  const why = half ? 'is not complete' : 'is not there'
  return {
    backup: undefined,
    problems: [wanted === undefined ? `${vm.name} has no complete backup` : `the backup ${wanted} ${why}`],
  }
}

/** What the tags do not say the VM itself may still know. */
async function factsOf({ azure }: DrillDeps, backup: Backup, run: Run): Promise<MachineFacts | undefined> {
  if (backup.machine) return backup.machine
  try {
    const machine = await azure.machines.find(backup.vm, run.signal)
    if (!machine) return undefined
    const { size, osType, trustedLaunch, zone, licenseType, plan } = machine
    const told = { size, osType, trustedLaunch, zone, licenseType, plan }
    return { ...told, generation: undefined, architecture: undefined, agent: undefined }
  } catch (error) {
    if (!AzlinError.is(error) || run.signal.aborted) throw error
    return undefined
  }
}

/** A region that is down answers late, and a drill does not need its answer. */
const agentMs = 20_000

/** Undefined where nobody can say: the VM may be off, or gone, or its region down. */
async function agentToday({ azure }: DrillDeps, vm: VmRef, run: Run): Promise<boolean | undefined> {
  const signal = withinMs(run.signal, agentMs)
  try {
    return showsAgent(await azure.machines.status(vm, signal))
  } catch (error) {
    if (run.signal.aborted || !(AzlinError.is(error) || signal.aborted)) throw error
    return undefined
  }
}

async function copyFor(
  { replication }: DrillDeps,
  { requireReplica, testRegion, vm }: DrillRequest,
  backup: Backup,
  run: Run,
) {
  if (requireReplica) return { problems: [], plan: undefined }
  let plan: ReplicationPlan | undefined
  const problems = await told(async () => {
    plan = await replication.planOne(backup.name, vm.resourceGroup, { region: testRegion }, run)
  })
  const groupless = plan?.makesGroup ? [`the resource group ${plan.place.resourceGroup} for the copy is not there`] : []
  return { problems: [...problems, ...groupless], plan }
}

async function placeProblems(
  { azure }: DrillDeps,
  request: DrillRequest,
  names: DrillNames,
  run: Run,
): Promise<string[]> {
  const { testResourceGroup } = request
  return told(async () => {
    const group = await azure.groups.find(testResourceGroup ?? names.group, run.signal)
    if (testResourceGroup === undefined && group)
      throw new AzlinError('NAME_TAKEN', { what: 'a resource group', name: names.group })
    if (testResourceGroup !== undefined && !group)
      throw new AzlinError('RESOURCE_GROUP_NOT_FOUND', { resourceGroup: testResourceGroup })
    if (testResourceGroup === undefined) return
    const network = { name: names.vnet, resourceGroup: testResourceGroup }
    if (await azure.testNetworks.find('vnet', network, run.signal))
      throw new AzlinError('NAME_TAKEN', { what: 'a virtual network', name: names.vnet })
  })
}

function subnetProblems({ azure }: DrillDeps, { subnetId, testRegion }: DrillRequest, run: Run): Promise<string[]> {
  return told(async () => {
    if (subnetId === undefined) return
    const region = await azure.testNetworks.subnetRegion(subnetId, run.signal)
    if (region === undefined) throw new AzlinError('AZURE_NOT_FOUND', { what: `subnet ${subnetId}` })
    if (region.toLowerCase() === testRegion.toLowerCase()) return
    const why = `it is in ${region}, and the test region is ${testRegion}`
    throw new AzlinError('INVALID_INPUT', { what: 'Subnet', value: subnetId, why, example: `one in ${testRegion}` })
  })
}

async function rightsProblems({ azure }: DrillDeps, request: DrillRequest, run: Run): Promise<string[]> {
  const missing = await azure.permissions.missing(request.testResourceGroup, drillActions(request), run.signal)
  const scope = request.testResourceGroup === undefined ? 'the subscription' : `the group ${request.testResourceGroup}`
  return missing && missing.length > 0 ? [`this account may not do on ${scope}: ${missing.join(', ')}`] : []
}

/** An explained refusal becomes a problem beside the others; anything else ends the preflight. */
async function told(look: () => Promise<void>): Promise<string[]> {
  try {
    await look()
    return []
  } catch (error) {
    if (!AzlinError.is(error) || error.code === 'INTERRUPTED') throw error
    const { near } = AzlinError.is(error, 'REGION_UNKNOWN') ? error.details : { near: '' }
    return [`${error.message.replace(/\.$/, '')}${near ? ` (did you mean ${near}?)` : ''}`]
  }
}

function networkNotes(request: DrillRequest): string[] {
  const { subnetId, sshSource, testRegion } = request
  if (subnetId !== undefined)
    return [
      'The restored machine is a clone of production in a network of yours: its jobs, mail and agents reach whatever that subnet reaches.',
    ]
  const who = sshSource === undefined ? 'nobody may reach it' : `only ${sshSource} may reach it, at port 22`
  const out = needsRunCommand(request)
    ? 'out of it leads only 443 to Azure, for Run Command'
    : 'nothing leads out of it'
  return [`Quarantine in ${testRegion}: ${who}, and ${out}.`]
}

function copyNotes(plan: ReplicationPlan | undefined, { name }: Backup, region: string): string[] {
  return plan ? [`${region} had no copy of ${name}: the drill makes one, which stays, and its time counts.`] : []
}
