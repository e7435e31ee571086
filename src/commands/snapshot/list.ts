import { Args } from '@oclif/core'
import { AzureCommand } from '../../base-command.js'
import { type SnapshotJson, snapshotJson } from '../../terminal/snapshot-json.js'
import { snapshotTable } from '../../terminal/snapshots.js'

export default class SnapshotList extends AzureCommand {
  static override summary = 'List the snapshots of a VM, newest first.'
  static override description = 'Backups are listed by azlin backup list.'
  static override examples = ['<%= config.bin %> <%= command.id %> web-1 -g my-rg']
  static override args = {
    vm: Args.string({ required: true, ignoreStdin: true, description: 'VM whose snapshots to list' }),
  }

  async run(): Promise<{ snapshots: SnapshotJson[] }> {
    const { args, flags } = await this.parse(SnapshotList)
    const vm = await this.vm(args.vm, flags)
    await using azlin = await this.open(flags)
    const snapshots = await azlin.snapshots.list(vm, azlin.run)

    if (snapshots.length > 0) this.log(snapshotTable(snapshots, azlin.clock.now(), process.stdout))
    else this.log(`${args.vm} has no snapshots. azlin snapshot create ${args.vm} takes one.`)
    return { snapshots: snapshots.map(snapshotJson) }
  }
}
