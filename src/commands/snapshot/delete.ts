import { Args } from '@oclif/core'
import { AzureCommand, yesFlag } from '../../base-command.js'
import { validSnapshotName } from '../../core/domain/validation.js'

export default class SnapshotDelete extends AzureCommand {
  static override summary = 'Delete a snapshot.'
  static override description = 'Backups are refused: they go by their retention (azlin backup cleanup).'
  static override examples = [
    '<%= config.bin %> <%= command.id %> web-1-snapshot-20261122-010203 -g my-rg',
    {
      description: 'Without being asked',
      command: '<%= config.bin %> <%= command.id %> web-1-snapshot-20261122-010203 -g my-rg --yes',
    },
  ]
  static override args = {
    snapshot: Args.string({ required: true, ignoreStdin: true, description: 'Name of the snapshot' }),
  }
  static override flags = { yes: yesFlag }

  async run(): Promise<{ deleted: readonly string[] }> {
    const { args, flags } = await this.parse(SnapshotDelete)
    const name = validSnapshotName(args.snapshot, 'Snapshot name')
    const ref = { name, resourceGroup: await this.group(flags) }
    const word = this.word(`Deleting ${name}`, flags)
    await using azlin = await this.open(flags, 'required')
    const plan = await azlin.snapshots.planRemoval(ref, azlin.run)
    const names = plan.snapshots.map((snapshot) => snapshot.name).join(', ')
    await word.ask(`This deletes ${names} and cannot be undone.`)
    const deleted = await azlin.snapshots.remove(plan, azlin.run)

    this.log(`Deleted: ${deleted.join(', ')}.`)
    return { deleted }
  }
}
