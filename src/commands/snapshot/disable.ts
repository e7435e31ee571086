import { Args } from '@oclif/core'
import { AzureCommand } from '../../base-command.js'
import { type SnapshotScheduleJson, snapshotScheduleJson } from '../../terminal/snapshot-json.js'

export default class SnapshotDisable extends AzureCommand {
  static override summary = 'Stop taking snapshots of a VM by schedule.'
  static override description = 'The snapshots that exist stay.'
  static override examples = ['<%= config.bin %> <%= command.id %> web-1 -g my-rg']
  static override args = {
    vm: Args.string({ required: true, ignoreStdin: true, description: 'VM whose schedule to switch off' }),
  }

  async run(): Promise<SnapshotScheduleJson> {
    const { args, flags } = await this.parse(SnapshotDisable)
    const vm = await this.vm(args.vm, flags)
    await using azlin = await this.open(flags, 'required')
    const schedule = await azlin.snapshotSchedules.disable(vm, azlin.run)

    this.log(`No more snapshots of ${args.vm} by schedule. Those that exist stay.`)
    return snapshotScheduleJson(schedule)
  }
}
