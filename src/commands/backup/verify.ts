import { Args } from '@oclif/core'
import { AzureCommand } from '../../base-command.js'
import { validSnapshotName } from '../../core/domain/validation.js'
import { exitOfVerification } from '../../exit-codes.js'
import { verificationJson, type WholeVerificationJson } from '../../terminal/verification-json.js'
import { verificationLines } from '../../terminal/verifications.js'
import { verifyFlags, verifyOptions } from '../../terminal/verify-flags.js'

export default class BackupVerify extends AzureCommand {
  static override summary = 'Show of a backup that it can be restored: make disks of it, read them, remove them.'
  static override description =
    `For every disk a temporary one is made of its snapshot, compared in size with what was backed up, opened for \
reading, and read: partition tables, file systems and a sample of the data; with --deep all of it. Then it is closed \
and removed, whatever happened. The VM is not touched. Exit code 1 when the backup is not good. What this proves, and \
what it does not, is in docs/verification.md.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> web-1-backup-daily-20261122-010203 -g my-rg',
    {
      description: 'Every byte of the copy in the second region',
      command: '<%= config.bin %> <%= command.id %> web-1-backup-daily-20261122-010203 --replica eastus2 --deep',
    },
    {
      description: 'An eighth of a large disk each night',
      command: '<%= config.bin %> <%= command.id %> db-1-backup-weekly-20261122-010203 -g my-rg --slice 3/8',
    },
  ]
  static override args = {
    backup: Args.string({ required: true, ignoreStdin: true, description: 'Name of the backup' }),
  }
  static override flags = verifyFlags

  async run(): Promise<WholeVerificationJson> {
    const { args, flags } = await this.parse(BackupVerify)
    const name = validSnapshotName(args.backup, 'Backup')
    const { replicaIn, ...options } = verifyOptions(flags)
    const { resourceGroup } = await this.settings(flags)
    await using azlin = await this.open(flags, 'required')
    const verification = await azlin.verification({ atOnce: 1 })
    const backup = await verification.find(name, { resourceGroup, replicaIn }, azlin.run)
    const result = await verification.verify(backup, options, azlin.run)

    this.log(verificationLines(result))
    process.exitCode = exitOfVerification(result)
    return verificationJson(result)
  }
}
