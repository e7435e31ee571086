import { Args, Flags } from '@oclif/core'
import { type Azlin, AzureCommand } from '../../base-command.js'
import { validDuration } from '../../core/domain/validation.js'
import { AzlinError } from '../../core/errors.js'
import type { RunOptions, RunSelection } from '../../core/managers/backup-runner.js'
import { exitOfRun } from '../../exit-codes.js'
import { type RunJson, runJson } from '../../terminal/json.js'
import { runLines } from '../../terminal/runs.js'

export default class BackupRun extends AzureCommand {
  static override summary = 'Take the backups that are due: for a timer, or by itself with --every.'
  static override description =
    `A VM with a schedule is backed up once a day (UTC); one that has today's backup is skipped. One VM that fails does \
not stop the others: the exit code is 3 then, and 1 when all failed. Of each disk, a run begins the next copy to the \
second region, and Azure goes on with it; --wait stays until every copy is there.`
  static override examples = [
    { description: 'Every VM that has a schedule, from a timer', command: '<%= config.bin %> <%= command.id %> --all' },
    {
      description: 'Once a day, with all copies to the second region',
      command: '<%= config.bin %> <%= command.id %> --all --wait',
    },
    { description: 'What would it do?', command: '<%= config.bin %> <%= command.id %> --all --dry-run' },
    { description: 'Look every hour until Ctrl-C', command: '<%= config.bin %> <%= command.id %> --all --every 1h' },
  ]
  static override args = { vms: Args.string({ multiple: true, ignoreStdin: true, description: 'VMs (or --all)' }) }
  static override flags = {
    all: Flags.boolean({
      default: false,
      summary: 'Every VM with a schedule, of -g if set, else of the subscription.',
    }),
    'dry-run': Flags.boolean({ default: false, summary: 'Only say what would be taken.' }),
    wait: Flags.boolean({
      default: false,
      exclusive: ['every', 'dry-run'],
      summary: 'Wait until the copies that the schedules want are complete, those of earlier backups too.',
    }),
    every: Flags.string({ helpValue: '<time>', exclusive: ['json'], summary: 'Do it again and again: 30m, 1h, 1d.' }),
  }

  protected override readonly during = 'backup'

  async run(): Promise<RunJson> {
    const { args, flags } = await this.parse(BackupRun)
    const isNamed = (args.vms ?? []).length > 0
    if (flags.all === isNamed)
      throw this.misused(flags.all ? 'Name the VMs or give --all, not both.' : 'Name the VMs, or give --all.')
    const pause = flags.every === undefined ? undefined : validDuration(flags.every, '--every')
    const vms = await this.vms(args.vms, flags)
    const { resourceGroup } = await this.settings(flags)
    await using azlin = await this.open(flags, 'required')

    const options = { dryRun: flags['dry-run'], wait: flags.wait }
    if (pause !== undefined) await this.#repeat(azlin, { vms, resourceGroup }, options, pause)
    const items = await azlin.runner.runDue({ vms, resourceGroup }, options, azlin.run)
    this.log(runLines(items))
    process.exitCode = exitOfRun(items)
    return runJson(items)
  }

  /** Until the run is stopped: a round that fails is told, and the next one tries again. */
  async #repeat(azlin: Azlin, where: RunSelection, options: RunOptions, pauseMs: number): Promise<never> {
    for (;;) {
      try {
        const items = await azlin.runner.runDue(where, options, azlin.run)
        this.log(`${azlin.clock.now().toISOString()}\n${runLines(items)}`)
      } catch (error) {
        if (!AzlinError.is(error) || this.signal.aborted) throw error
        this.notice(`${azlin.clock.now().toISOString()} ${error.message} ${error.hint}`)
      }
      await azlin.clock.sleep(pauseMs, this.signal)
    }
  }
}
