import { Args, Flags } from '@oclif/core'
import { AzureCommand, yesFlag } from '../../base-command.js'
import { validSnapshotName } from '../../core/domain/validation.js'
import type { RestoreResult } from '../../core/managers/restore-manager.js'
import { partial } from '../../exit-codes.js'
import { describeRestore, restoreQuestion } from '../../terminal/restores.js'

export default class SnapshotRestore extends AzureCommand {
  static override summary = 'Put a snapshot in the place of the disks of its VM.'
  static override description =
    'As azlin backup restore does: all or nothing, the old disks are kept, and a failure puts them back.'
  static override examples = ['<%= config.bin %> <%= command.id %> web-1 web-1-snapshot-20261122-010203 -g my-rg']
  static override args = {
    vm: Args.string({ required: true, ignoreStdin: true, description: 'VM to restore' }),
    snapshot: Args.string({ required: true, ignoreStdin: true, description: 'Name of the snapshot' }),
  }
  static override flags = {
    'delete-previous-disks': Flags.boolean({
      default: false,
      summary: 'Delete the replaced disks once the guest agent has reported again.',
    }),
    yes: yesFlag,
  }

  async run(): Promise<RestoreResult> {
    const { args, flags } = await this.parse(SnapshotRestore)
    const vm = await this.vm(args.vm, flags)
    const name = validSnapshotName(args.snapshot, 'Snapshot name')
    const word = this.word(`Restoring ${vm.name} in place`, flags)
    await using azlin = await this.open(flags, 'optional')
    const point = await azlin.snapshots.find(vm, name, azlin.run)
    const options = { deletePreviousDisks: flags['delete-previous-disks'] }
    const plan = await azlin.restores.plan(vm, point, options, azlin.run)
    for (const notice of plan.notices) this.notice(notice)
    if (plan.mode === 'in-place') await word.ask(restoreQuestion(plan, azlin.clock.now()))

    const result = await azlin.restores.execute(plan, azlin.run)
    this.log(describeRestore(result))
    if (result.stillMarked.length > 0) process.exitCode = partial
    return result
  }
}
