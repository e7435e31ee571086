import { Args, Flags } from '@oclif/core'
import { AzureCommand, given } from '../../base-command.js'
import { tiers } from '../../core/domain/backup.js'
import { validDuration, validRegion } from '../../core/domain/validation.js'
import { backupTable, noBackups } from '../../terminal/backups.js'
import { type BackupJson, backupJson } from '../../terminal/json.js'

export default class BackupList extends AzureCommand {
  static override summary = 'List the backups of a VM, newest first.'
  static override examples = [
    { description: 'All of them', command: '<%= config.bin %> <%= command.id %> web-1 -g my-rg' },
    {
      description: 'The weekly ones of the last 30 days, for a script',
      command: '<%= config.bin %> <%= command.id %> web-1 -g my-rg --tier weekly --since 30d --json',
    },
  ]
  static override description =
    'With --region: the copies there, and backups taken there. A copy whose source is gone is marked as an orphan; it can be restored like any other.'
  static override args = {
    vm: Args.string({ required: true, ignoreStdin: true, description: 'VM whose backups to list' }),
  }
  static override flags = {
    tier: Flags.option({ options: ['all', ...tiers] as const, default: 'all', summary: 'Only this tier.' })(),
    region: Flags.string({
      helpValue: '<region>',
      summary: "What can be restored in this region; asks nothing of the VM's own.",
    }),
    since: Flags.string({ helpValue: '<age>', summary: 'Only those younger than this: 12h, 7d, 4w.' }),
  }

  async run(): Promise<{ backups: BackupJson[] }> {
    const { args, flags } = await this.parse(BackupList)
    const vm = await this.vm(args.vm, flags)
    const ageMs = flags.since === undefined ? undefined : validDuration(flags.since, '--since')
    const region = given(flags.region, validRegion, '--region')
    const tier = flags.tier === 'all' ? undefined : flags.tier
    await using azlin = await this.open(flags)
    const now = azlin.clock.now()
    const since = ageMs === undefined ? undefined : new Date(+now - ageMs)
    const backups =
      region === undefined
        ? await azlin.backups.list(vm, { tier, since }, azlin.run)
        : await azlin.backups.listIn(region, vm, { tier, since }, azlin.run)

    if (backups.length > 0) this.log(backupTable(backups, now, process.stdout))
    else this.log(noBackups(vm.name, flags.tier, flags.since, region))
    return { backups: backups.map(backupJson) }
  }
}
