import { Args } from '@oclif/core'
import { AzureCommand } from '../../base-command.js'
import { type SnapshotJson, snapshotJson } from '../../terminal/snapshot-json.js'
import { consistencyNote, describeSnapshot } from '../../terminal/snapshots.js'

export default class SnapshotCreate extends AzureCommand {
  static override summary = 'Take a snapshot of all disks of a VM.'
  static override description =
    'One incremental snapshot of each disk, started together. It is no backup: no retention touches it. Where the VM has a \
snapshot schedule, it counts among those that the schedule keeps.'
  static override examples = ['<%= config.bin %> <%= command.id %> web-1 -g my-rg']
  static override args = { vm: Args.string({ required: true, ignoreStdin: true, description: 'VM to take it of' }) }

  async run(): Promise<SnapshotJson> {
    const { args, flags } = await this.parse(SnapshotCreate)
    const vm = await this.vm(args.vm, flags)
    await using azlin = await this.open(flags, 'required')
    const taken = await azlin.snapshots.create(vm, azlin.run)

    this.log(describeSnapshot(taken))
    if (taken.disks.length > 1) this.notice(consistencyNote)
    return snapshotJson(taken)
  }
}
