import { Args, Flags } from '@oclif/core'
import { AzureCommand, yesFlag } from '../../base-command.js'
import { partial } from '../../exit-codes.js'
import { cleanupLines } from '../../terminal/backups.js'
import { type CleanupJson, cleanupJson } from '../../terminal/json.js'

export default class BackupCleanup extends AzureCommand {
  static override summary = 'Let the expired backups of a VM go, and say why each other one stays.'
  static override description =
    `Runs by itself after every backup. Never removed: the newest complete backup, the newest verified one, one that is \
being copied or awaits its copy, and one under a lock. A run that would remove more than half of a VM's backups, and \
more than ten, removes nothing unless --yes is given.`
  static override examples = [
    {
      description: 'See what would go, and why the rest stays',
      command: '<%= config.bin %> <%= command.id %> web-1 -g my-rg --dry-run',
    },
    {
      description: 'Also when it is most of them',
      command: '<%= config.bin %> <%= command.id %> web-1 -g my-rg --yes',
    },
  ]
  static override args = {
    vm: Args.string({ required: true, ignoreStdin: true, description: 'VM whose backups to look through' }),
  }
  static override flags = {
    'dry-run': Flags.boolean({ default: false, summary: 'Only say what would be removed.' }),
    yes: yesFlag,
  }

  async run(): Promise<CleanupJson> {
    const { args, flags } = await this.parse(BackupCleanup)
    const dryRun = flags['dry-run']
    const vm = await this.vm(args.vm, flags)
    await using azlin = await this.open(flags, dryRun ? 'none' : 'required')
    const plan = await azlin.retention.plan(vm, azlin.run)
    const result = dryRun
      ? azlin.retention.preview(plan)
      : await azlin.retention.apply(plan, { confirmed: flags.yes }, azlin.run)

    this.log(cleanupLines(vm.name, result, dryRun))
    if (result.failed.length > 0) process.exitCode = result.deleted.length > 0 ? partial : 1
    return cleanupJson(result, dryRun)
  }
}
