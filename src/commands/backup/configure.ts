import { Args, Flags } from '@oclif/core'
import { AzureCommand, given } from '../../base-command.js'
import { usualRetention } from '../../core/domain/schedule.js'
import { validCount, validRegion, validResourceGroup } from '../../core/domain/validation.js'
import { scheduleLines } from '../../terminal/backups.js'
import { type ScheduleJson, scheduleJson } from '../../terminal/json.js'

const kept = (unit: string, usual: number) =>
  Flags.string({ helpValue: `<${unit}>`, default: String(usual), summary: `For so many ${unit}; 0: none is taken.` })
const group = (summary: string) => Flags.string({ helpValue: '<group>', summary })

export default class BackupConfigure extends AzureCommand {
  static override summary = 'Give a VM a backup schedule, or replace the one it has.'
  static override description =
    `The schedule is kept in the VM's tag azlin:backup-schedule. The command states the whole of it: what is not named \
has its default again. The times of the last backups are kept. Backups are then taken by azlin backup run.`
  static override examples = [
    {
      description: '7 daily, 4 weekly and 12 monthly backups',
      command: '<%= config.bin %> <%= command.id %> web-1 -g my-rg',
    },
    {
      description: 'Keep backups in a group of their own, and want copies in a second region',
      command:
        '<%= config.bin %> <%= command.id %> db-1 -g my-rg --backup-resource-group backups-rg --cross-region --target-region westus2',
    },
  ]
  static override args = { vm: Args.string({ required: true, ignoreStdin: true, description: 'VM to protect' }) }
  static override flags = {
    'daily-retention': kept('days', usualRetention.daily),
    'weekly-retention': kept('weeks', usualRetention.weekly),
    'monthly-retention': kept('months', usualRetention.monthly),
    'cross-region': Flags.boolean({ dependsOn: ['target-region'], summary: 'Copy every backup to a second region.' }),
    'target-region': Flags.string({ dependsOn: ['cross-region'], helpValue: '<region>', summary: 'As in westus2.' }),
    'target-resource-group': group("Group for the copies (default: the VM's own)."),
    'backup-resource-group': group("Group for the backups: deleting the VM's own group would delete what is in it."),
  }

  async run(): Promise<ScheduleJson> {
    const { args, flags } = await this.parse(BackupConfigure)
    const vm = await this.vm(args.vm, flags)
    const policy = {
      dailyRetention: validCount(flags['daily-retention'], '--daily-retention', 0),
      weeklyRetention: validCount(flags['weekly-retention'], '--weekly-retention', 0),
      monthlyRetention: validCount(flags['monthly-retention'], '--monthly-retention', 0),
      crossRegionTo: given(flags['target-region'], validRegion, '--target-region'),
      targetResourceGroup: given(flags['target-resource-group'], validResourceGroup, '--target-resource-group'),
      backupResourceGroup: given(flags['backup-resource-group'], validResourceGroup, '--backup-resource-group'),
    }
    await using azlin = await this.open(flags, 'required')
    const { schedule, notices } = await azlin.schedules.configure(vm, policy, azlin.run)

    this.log(scheduleLines(vm.name, schedule, azlin.clock.now()))
    for (const notice of notices) this.notice(notice)
    return scheduleJson(schedule)
  }
}
