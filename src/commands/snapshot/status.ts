import { Args } from '@oclif/core'
import { AzureCommand } from '../../base-command.js'
import { type SnapshotStatusJson, snapshotStatusJson } from '../../terminal/snapshot-json.js'
import { snapshotStatusLines } from '../../terminal/snapshots.js'

export default class SnapshotStatus extends AzureCommand {
  static override summary = 'Show the snapshot schedule of a VM and when the next is due.'
  static override examples = ['<%= config.bin %> <%= command.id %> web-1 -g my-rg']
  static override args = { vm: Args.string({ required: true, ignoreStdin: true, description: 'VM to look at' }) }

  async run(): Promise<SnapshotStatusJson> {
    const { args, flags } = await this.parse(SnapshotStatus)
    const vm = await this.vm(args.vm, flags)
    await using azlin = await this.open(flags)
    const status = await azlin.snapshotSchedules.status(vm, azlin.run)

    this.log(snapshotStatusLines(vm.name, status, azlin.clock.now()))
    return snapshotStatusJson(status)
  }
}
