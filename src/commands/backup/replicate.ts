import { Args, Flags } from '@oclif/core'
import { validSnapshotName } from '../../core/domain/validation.js'
import { ReplicationCommand, type ReplicationJson, replicationFlags } from '../../replication-command.js'

export default class BackupReplicate extends ReplicationCommand {
  static override summary = 'Copy a backup to another region.'
  static override description =
    `Copies the snapshot of every disk; Azure does the copying, and goes on with it when this command ends. A copy that \
is there, or on its way, is adopted and never made twice. A backup counts as replicated when all its disks are.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> web-1-backup-daily-20261122-010203 --target-region eastus2',
    {
      description: 'Begin it and come back',
      command:
        '<%= config.bin %> <%= command.id %> web-1-backup-daily-20261122-010203 --target-region eastus2 --no-wait',
    },
  ]
  static override args = {
    backup: Args.string({ required: true, ignoreStdin: true, description: 'Name of the backup' }),
  }
  static override flags = {
    ...replicationFlags,
    'no-wait': Flags.boolean({ default: false, summary: 'Only begin it; replication-status tells how far it is.' }),
  }

  async run(): Promise<ReplicationJson> {
    const { args, flags } = await this.parse(BackupReplicate)
    const name = validSnapshotName(args.backup, 'Backup')
    const wish = this.wish(flags)
    const { resourceGroup } = await this.settings(flags)
    await using azlin = await this.open(flags, 'required')
    const plan = await azlin.replication.planOne(name, resourceGroup, wish, azlin.run)
    // Awaited here: what azlin has opened is closed at the end of this block.
    return await this.replicate(azlin, plan, { yes: flags.yes, wait: !flags['no-wait'] })
  }
}
