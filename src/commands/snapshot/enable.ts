import { Args, Flags } from '@oclif/core'
import { AzureCommand } from '../../base-command.js'
import { longestInterval, validCount } from '../../core/domain/validation.js'
import { type SnapshotScheduleJson, snapshotScheduleJson } from '../../terminal/snapshot-json.js'

export default class SnapshotEnable extends AzureCommand {
  static override summary = 'Let azlin snapshot sync take a snapshot of a VM every so many hours.'
  static override description =
    `The schedule is kept in the VM's tag azlin:snapshot-schedule. What azlin snapshot create took counts among those that \
are kept, and goes with age like the others; backups never do.`
  static override examples = [
    {
      description: 'Every six hours, and keep the newest four',
      command: '<%= config.bin %> <%= command.id %> web-1 -g my-rg --every 6 --keep 4',
    },
  ]
  static override args = { vm: Args.string({ required: true, ignoreStdin: true, description: 'VM to take them of' }) }
  static override flags = {
    every: Flags.string({ required: true, helpValue: '<hours>', summary: 'Hours between two snapshots.' }),
    keep: Flags.string({ default: '2', helpValue: '<count>', summary: 'How many to keep; older ones go.' }),
  }

  async run(): Promise<SnapshotScheduleJson> {
    const { args, flags } = await this.parse(SnapshotEnable)
    const vm = await this.vm(args.vm, flags)
    const everyHours = validCount(flags.every, '--every', 1, longestInterval)
    const wanted = { everyHours, keep: validCount(flags.keep, '--keep', 1, 100) }
    await using azlin = await this.open(flags, 'required')
    const schedule = await azlin.snapshotSchedules.enable(vm, wanted, azlin.run)
    const { count } = await azlin.snapshotSchedules.status(vm, azlin.run)

    this.log(`${vm.name}: a snapshot every ${schedule.intervalHours} h; the newest ${schedule.keepCount} are kept.`)
    this.notice('azlin snapshot sync takes them: call it from a timer.')
    if (count > wanted.keep)
      this.notice(
        `${vm.name} has ${count} snapshots that azlin took, those by hand among them: the next sync removes all but the newest ${wanted.keep}.`,
      )
    return snapshotScheduleJson(schedule)
  }
}
