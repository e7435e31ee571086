import { Args, Flags } from '@oclif/core'
import { AzureCommand } from '../../base-command.js'
import { tiers } from '../../core/domain/backup.js'
import { exitOfCopies } from '../../exit-codes.js'
import { describeBackup } from '../../terminal/backups.js'
import { type BackupJson, backupJson } from '../../terminal/json.js'
import { describeReplication } from '../../terminal/replications.js'

export default class BackupTrigger extends AzureCommand {
  static override summary = 'Take a backup of a VM now, begin its copies, then let expired ones go.'
  static override description =
    `Takes one incremental snapshot of every disk of the VM, started together. The tier is decided by what exists: \
monthly if this month (UTC) has no monthly backup yet, else weekly if this week has none, else daily. A second \
trigger of the same VM is refused while one is under way. Where the schedule wants copies in a second region, they are \
begun, and Azure goes on with them. The data of Premium SSD v2 and Ultra disks arrives in the background: such a backup \
is listed, and can be restored, when all of it is there.`
  static override examples = [
    { description: 'Take the backup that is due', command: '<%= config.bin %> <%= command.id %> web-1 -g my-rg' },
    {
      description: 'Take one that is kept as long as a monthly one',
      command: '<%= config.bin %> <%= command.id %> web-1 -g my-rg --tier monthly',
    },
  ]
  static override args = { vm: Args.string({ required: true, ignoreStdin: true, description: 'VM to back up' }) }
  static override flags = {
    tier: Flags.option({ options: tiers, summary: 'Keep it as this tier, whatever is due.' })(),
    wait: Flags.boolean({
      default: false,
      summary: 'Wait until all of its data is there, and the copies that the schedule wants are complete.',
    }),
  }

  protected override readonly during = 'backup'

  async run(): Promise<BackupJson> {
    const { args, flags } = await this.parse(BackupTrigger)
    const vm = await this.vm(args.vm, flags)
    await using azlin = await this.open(flags, 'required')
    const { backup, cleanup } = await azlin.backups.trigger(vm, { tier: flags.tier }, azlin.run)

    const waits = flags.wait && !backup.complete
    const complete = waits ? await azlin.backups.complete(backup, azlin.run) : backup
    const copied = flags.wait ? await azlin.replication.complete(vm, azlin.run) : undefined
    this.log(describeBackup(complete))
    if (copied) {
      this.notice(describeReplication(copied.jobs, copied.region))
      process.exitCode = exitOfCopies(copied)
    }
    if (cleanup && cleanup.deleted.length > 0) this.notice(`Expired and removed: ${cleanup.deleted.join(', ')}.`)
    // Read again, so that it tells of the copies that were waited for.
    return backupJson(copied ? await azlin.backups.find(vm, backup.name, azlin.run) : complete)
  }
}
