import type { BackupSchedule } from '../domain/backup.js'
import type { Machine, VmRef } from '../domain/machine.js'
import { readSchedule, scheduleTag, scheduleTags } from '../domain/schedule.js'
import { AzlinError } from '../errors.js'
import type { Run } from '../run.js'
import { audited } from './audited.js'
import { scheduleOf } from './backup-inventory.js'
import type { ManagerDeps } from './deps.js'
import { mustKnowRegion } from './known-region.js'
import { disksOf } from './machine-facts.js'

export interface BackupPolicy {
  readonly dailyRetention: number
  readonly weeklyRetention: number
  readonly monthlyRetention: number
  /** Region (as in `westus2`) that every backup is to be copied to; absent: no copies. */
  readonly crossRegionTo?: string | undefined
  readonly targetResourceGroup?: string | undefined
  readonly backupResourceGroup?: string | undefined
}

export interface Configured {
  readonly schedule: BackupSchedule
  /** What the user should know about it, a sentence each. */
  readonly notices: readonly string[]
}

/** Azure keeps at most 500 incremental snapshots of one disk; some room is left for those taken by hand. */
const mostPerDisk = 480

export interface ScheduleDeps extends ManagerDeps {
  /** The configured disk encryption set of a region: an ARM id. */
  readonly encryptionSetIn: (region: string) => string | undefined
}

/** Backup schedules: they live in the VM's own tags, so every computer sees the same. */
export class BackupSchedules {
  readonly #deps: ScheduleDeps

  constructor(deps: ScheduleDeps) {
    this.#deps = deps
  }

  /** Writes the whole policy; last-run times stay. INVALID_INPUT, REGION_UNKNOWN, RESOURCE_GROUP_NOT_FOUND, VM_NOT_FOUND. */
  async configure(vm: VmRef, policy: BackupPolicy, run: Run): Promise<Configured> {
    const { azure } = this.#deps
    const { dailyRetention, weeklyRetention, monthlyRetention, crossRegionTo } = policy
    if (dailyRetention + weeklyRetention + monthlyRetention === 0) throw nothingKept()

    const [machine] = await Promise.all([
      azure.machines.get(vm, run.signal),
      crossRegionTo === undefined ? undefined : mustKnowRegion(azure, crossRegionTo, run),
      this.#checkGroup(policy.backupResourceGroup, run),
      this.#checkGroup(policy.targetResourceGroup, run),
    ])
    if (crossRegionTo?.toLowerCase() === machine.region.toLowerCase()) throw sameRegion(machine)

    const before = readSchedule(machine.tags)
    const last = typeof before === 'string' ? undefined : before
    const schedule: BackupSchedule = {
      enabled: true,
      dailyRetention,
      weeklyRetention,
      monthlyRetention,
      lastDaily: last?.lastDaily,
      lastWeekly: last?.lastWeekly,
      lastMonthly: last?.lastMonthly,
      crossRegionEnabled: crossRegionTo !== undefined,
      targetRegion: crossRegionTo,
      targetResourceGroup: policy.targetResourceGroup,
      backupResourceGroup: policy.backupResourceGroup,
    }
    await this.#write('backup configure', machine, schedule, run)
    const notices = [...noticesOf(machine, schedule, last), ...(await this.#keysLacking(machine, schedule, run))]
    return { schedule, notices }
  }

  /** Keeps the policy and switches it off. BACKUP_NOT_CONFIGURED, SCHEDULE_UNREADABLE. */
  async disable(vm: VmRef, run: Run): Promise<BackupSchedule> {
    const machine = await this.#deps.azure.machines.get(vm, run.signal)
    const schedule = { ...scheduleOf(machine), enabled: false }
    await this.#write('backup disable', machine, schedule, run)
    return schedule
  }

  /** BACKUP_NOT_CONFIGURED, SCHEDULE_UNREADABLE. */
  async show(vm: VmRef, run: Run): Promise<BackupSchedule> {
    return scheduleOf(await this.#deps.azure.machines.get(vm, run.signal))
  }

  async #write(operation: string, machine: Machine, schedule: BackupSchedule, run: Run): Promise<void> {
    const tags = scheduleTags(schedule, machine.tags)
    await audited(this.#deps, { operation, subject: machine.id, details: { schedule: tags[scheduleTag] } }, run, () =>
      this.#deps.azure.tags.merge(machine.id, tags, run.signal),
    )
  }

  /** Told now, and not by the first backup that gets no copy. */
  async #keysLacking(machine: Machine, { targetRegion: region }: BackupSchedule, run: Run): Promise<readonly string[]> {
    if (region === undefined || this.#deps.encryptionSetIn(region) !== undefined) return []
    const disks = await disksOf(this.#deps, machine, run)
    if (!disks.some((disk) => disk?.encryptionSetId)) return []
    return [
      `${machine.name} has disks with a customer-managed key, and no disk encryption set of ${region} is configured: without one nothing is copied there. Name it in config.toml under [disk_encryption_sets].`,
    ]
  }

  async #checkGroup(resourceGroup: string | undefined, run: Run): Promise<void> {
    if (resourceGroup === undefined || (await this.#deps.azure.groups.find(resourceGroup, run.signal))) return
    throw new AzlinError('RESOURCE_GROUP_NOT_FOUND', { resourceGroup })
  }
}

function noticesOf(
  { name, resourceGroup }: Machine,
  schedule: BackupSchedule,
  before: BackupSchedule | undefined,
): readonly string[] {
  const notices: string[] = []
  const home = schedule.backupResourceGroup ?? resourceGroup
  const former = before && (before.backupResourceGroup ?? resourceGroup)
  if (same(home, resourceGroup))
    notices.push(
      `Backups are kept in ${resourceGroup}, the group of ${name} itself: whoever deletes the group deletes them too. --backup-resource-group keeps them apart.`,
    )
  if (former !== undefined && !same(former, home) && !same(former, resourceGroup))
    notices.push(`Backups taken until now stay in ${former}, where azlin no longer looks for them or lets them expire.`)
  const total = schedule.dailyRetention + schedule.weeklyRetention + schedule.monthlyRetention
  if (total > mostPerDisk)
    notices.push(`That is up to ${total} backups at a time; Azure holds at most 500 incremental snapshots of one disk.`)
  return notices
}

function nothingKept(): AzlinError<'INVALID_INPUT'> {
  const why = 'with 0 daily, 0 weekly and 0 monthly backups nothing would be kept'
  return new AzlinError('INVALID_INPUT', {
    what: 'Retention',
    value: '0/0/0',
    why,
    example: '--daily-retention 7, or azlin backup disable to stop',
  })
}

function sameRegion({ name, region }: Machine): AzlinError<'INVALID_INPUT'> {
  const why = `${name} is in that region itself, so a copy there would be lost with it`
  return new AzlinError('INVALID_INPUT', {
    what: 'Target region',
    value: region,
    why,
    example: 'a region that is paired with it',
  })
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
