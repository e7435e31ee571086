import { Args } from '@oclif/core'
import { AzureCommand } from '../../base-command.js'
import { type ScheduleJson, scheduleJson } from '../../terminal/json.js'

export default class BackupDisable extends AzureCommand {
  static override summary = 'Stop taking backups of a VM by its schedule.'
  static override description =
    `The backups that exist stay. A backup taken by hand (azlin backup trigger) lets expired ones go as before, by the \
retention numbers that the schedule had. azlin backup configure switches it on again: name the numbers there, as those \
that are not named have their default again.`
  static override examples = ['<%= config.bin %> <%= command.id %> web-1 -g my-rg']
  static override args = {
    vm: Args.string({ required: true, ignoreStdin: true, description: 'VM whose schedule to switch off' }),
  }

  async run(): Promise<ScheduleJson> {
    const { args, flags } = await this.parse(BackupDisable)
    const vm = await this.vm(args.vm, flags)
    await using azlin = await this.open(flags, 'required')
    const schedule = await azlin.schedules.disable(vm, azlin.run)

    this.log(
      `${args.vm} is no longer backed up by schedule. Its backups stay; azlin backup trigger and cleanup let expired ones go as before.`,
    )
    return scheduleJson(schedule)
  }
}
