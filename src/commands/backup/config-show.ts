import { Args } from '@oclif/core'
import { AzureCommand } from '../../base-command.js'
import { scheduleLines } from '../../terminal/backups.js'
import { type ScheduleJson, scheduleJson } from '../../terminal/json.js'

export default class BackupConfigShow extends AzureCommand {
  static override summary = 'Show the backup schedule of a VM.'
  static override examples = ['<%= config.bin %> <%= command.id %> web-1 -g my-rg']
  static override args = {
    vm: Args.string({ required: true, ignoreStdin: true, description: 'VM whose schedule to show' }),
  }

  async run(): Promise<ScheduleJson> {
    const { args, flags } = await this.parse(BackupConfigShow)
    const vm = await this.vm(args.vm, flags)
    await using azlin = await this.open(flags)
    const schedule = await azlin.schedules.show(vm, azlin.run)

    this.log(scheduleLines(vm.name, schedule, azlin.clock.now()))
    return scheduleJson(schedule)
  }
}
