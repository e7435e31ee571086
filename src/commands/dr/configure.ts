import { Args, Flags } from '@oclif/core'
import { AzureCommand } from '../../base-command.js'
import { mostDrillDays, usualDrillDays } from '../../core/domain/drill-schedule.js'
import { validCount, validRegion } from '../../core/domain/validation.js'
import { type DrillScheduleJson, drillScheduleJson, drillScheduleLine } from '../../terminal/drill-schedules.js'

export default class DrConfigure extends AzureCommand {
  static override summary = 'Give a VM a schedule of drills, or replace the one it has.'
  static override description =
    `The schedule is kept in the VM's tag azlin:dr-schedule. Drills are then run by azlin dr test-all, which a timer \
may call as often as it likes: it runs what is due.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> web-1 -g my-rg --test-region westus2',
    '<%= config.bin %> <%= command.id %> db-1 -g my-rg --test-region westus2 --every-days 30',
  ]
  static override args = { vm: Args.string({ required: true, ignoreStdin: true, description: 'VM to drill' }) }
  static override flags = {
    'test-region': Flags.string({ required: true, helpValue: '<region>', summary: 'As in westus2.' }),
    'every-days': Flags.string({
      default: String(usualDrillDays),
      helpValue: '<days>',
      summary: 'Days between two drills.',
    }),
  }

  async run(): Promise<DrillScheduleJson> {
    const { args, flags } = await this.parse(DrConfigure)
    const vm = await this.vm(args.vm, flags)
    const testRegion = validRegion(flags['test-region'], '--test-region')
    const everyDays = validCount(flags['every-days'], '--every-days', 1, mostDrillDays)
    await using azlin = await this.open(flags, 'required')
    const { schedule, notices } = await azlin.drillSchedules.configure(vm, { testRegion, everyDays }, azlin.run)

    this.log(drillScheduleLine(vm.name, schedule, azlin.clock.now()))
    for (const notice of notices) this.notice(notice)
    return drillScheduleJson(schedule)
  }
}
