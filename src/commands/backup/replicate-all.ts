import { Args, Flags } from '@oclif/core'
import { validCount } from '../../core/domain/validation.js'
import { ReplicationCommand, type ReplicationJson, replicationFlags } from '../../replication-command.js'

export default class BackupReplicateAll extends ReplicationCommand {
  static override summary = 'Copy every backup of a VM that a region lacks.'
  static override description =
    `Oldest first: Azure copies the snapshots of a disk one at a time and in order, different disks side by side. A copy \
that fails stops those of its disk until the next run, so that they do not overtake it, and no other disk's; the exit \
code is 3 then, and 1 when all failed.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> web-1 -g my-rg --target-region eastus2',
    '<%= config.bin %> <%= command.id %> web-1 -g my-rg --target-region eastus2 --max-parallel 8 --json',
  ]
  static override args = {
    vm: Args.string({ required: true, ignoreStdin: true, description: 'VM whose backups to copy' }),
  }
  static override flags = {
    ...replicationFlags,
    'max-parallel': Flags.string({ default: '3', helpValue: '<n>', summary: 'Copies followed at once, 1 to 100.' }),
    'no-wait': Flags.boolean({ default: false, summary: 'Begin the first copy of each disk and come back.' }),
  }

  async run(): Promise<ReplicationJson> {
    const { args, flags } = await this.parse(BackupReplicateAll)
    const vm = await this.vm(args.vm, flags)
    const copies = validCount(flags['max-parallel'], '--max-parallel', 1, 100)
    const wish = this.wish(flags)
    await using azlin = await this.open(flags, 'required', { copies })
    const plan = await azlin.replication.planAll(vm, wish, azlin.run)
    // Awaited here: what azlin has opened is closed at the end of this block.
    return await this.replicate(azlin, plan, { yes: flags.yes, wait: !flags['no-wait'] })
  }
}
