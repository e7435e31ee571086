import { Args, Flags } from '@oclif/core'
import { AzureCommand } from '../../base-command.js'
import { exitOfStandings } from '../../exit-codes.js'
import { type ProtectionJson, protectionJson, protectionLines } from '../../terminal/protection.js'

export default class BackupStatus extends AzureCommand {
  static override summary = 'Could each VM be restored now: to what time, from where, and how sure is that?'
  static override description =
    `Looks at Azure alone. A VM is protected when something is there to restore it from and nothing is wrong; at risk \
when a backup, a copy, a verification or a drill that its schedules want is overdue, or its newest backup is known to be \
damaged; unprotected when there is nothing to restore it from. The exit code is 0 when all are protected, 1 when none \
is and 3 in between, so that a monitor can call it; a VM that is gone counts there as protected while something is left \
to restore it from.`
  static override examples = [
    { description: 'Every VM with a schedule or a backup', command: '<%= config.bin %> <%= command.id %> -g my-rg' },
    {
      description: 'Also those that nobody backs up',
      command: '<%= config.bin %> <%= command.id %> --all',
    },
    {
      description: 'What is wrong with one, for a script',
      command: '<%= config.bin %> <%= command.id %> web-1 -g my-rg --json | jq -r ".vms[0].problems[].message"',
    },
  ]
  static override args = {
    vms: Args.string({
      multiple: true,
      ignoreStdin: true,
      description: 'VMs; without one, all that are meant to have backups',
    }),
  }
  static override flags = {
    all: Flags.boolean({ default: false, summary: 'Also VMs that have neither a schedule nor a backup.' }),
  }

  async run(): Promise<{ readonly vms: readonly ProtectionJson[] }> {
    const { args, flags } = await this.parse(BackupStatus)
    if (flags.all && (args.vms ?? []).length > 0) throw this.misused('Name the VMs or give --all, not both.')
    const vms = await this.vms(args.vms, flags)
    const { resourceGroup } = await this.settings(flags)
    await using azlin = await this.open(flags)
    const found = await azlin.protection.report({ vms, resourceGroup, unscheduled: flags.all }, azlin.run)

    const now = azlin.clock.now()
    this.log(protectionLines(found, now, process.stdout))
    process.exitCode = exitOfStandings(found)
    return protectionJson(found, now)
  }
}
