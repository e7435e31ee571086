import { Args } from '@oclif/core'
import { AzureCommand } from '../../base-command.js'
import { type DrillScheduleJson, drillScheduleJson, drillScheduleLine } from '../../terminal/drill-schedules.js'

export default class DrDisable extends AzureCommand {
  static override summary = 'Stop drilling a VM by its schedule.'
  static override description = 'azlin dr configure switches it on again; azlin dr test still runs a single drill.'
  static override examples = ['<%= config.bin %> <%= command.id %> web-1 -g my-rg']
  static override args = {
    vm: Args.string({ required: true, ignoreStdin: true, description: 'VM whose schedule to switch off' }),
  }

  async run(): Promise<DrillScheduleJson> {
    const { args, flags } = await this.parse(DrDisable)
    const vm = await this.vm(args.vm, flags)
    await using azlin = await this.open(flags, 'required')
    const schedule = await azlin.drillSchedules.disable(vm, azlin.run)

    this.log(drillScheduleLine(vm.name, schedule, azlin.clock.now()))
    return drillScheduleJson(schedule)
  }
}
