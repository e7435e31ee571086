import { Flags } from '@oclif/core'
import { AzureCommand, yesFlag } from '../base-command.js'
import type { SweepResult } from '../core/managers/temporary-manager.js'
import { partial } from '../exit-codes.js'
import { isClean, sweepLines } from '../terminal/sweeps.js'

export default class Cleanup extends AzureCommand {
  static override summary = 'Remove what crashed or interrupted commands left behind.'
  static override description =
    `Looks through this machine's journal and, by the tag azlin:temporary, through the whole subscription. Only what \
azlin itself marked as temporary is removed, only when its command is over and no VM uses it. A restore that was cut \
off is brought to its end or undone. The exit code is 1 when something that should have gone is still there, and 3 when \
other things went.`
  static override examples = [
    { description: 'See what would go', command: '<%= config.bin %> <%= command.id %> --dry-run' },
    { description: 'From a timer', command: '<%= config.bin %> <%= command.id %> --yes' },
  ]
  static override flags = {
    'dry-run': Flags.boolean({ default: false, summary: 'Only say what would be removed.' }),
    yes: yesFlag,
  }

  async run(): Promise<SweepResult & { readonly dryRun: boolean }> {
    const { flags } = await this.parse(Cleanup)
    const dryRun = flags['dry-run']
    const word = dryRun ? undefined : this.word('Removing temporary resources', flags)
    await using azlin = await this.open(flags, 'required')
    const found = await azlin.temporary.sweep({ dryRun: true }, azlin.run)
    if (dryRun) {
      this.log(sweepLines(found, dryRun))
      return { ...found, dryRun }
    }

    // Also where nothing is to be agreed to: what the journal holds of nothing is struck off.
    if (!isClean(found)) await word?.ask(sweepLines(found, true))
    const done = await azlin.temporary.sweep({ dryRun: false }, azlin.run)
    this.log(sweepLines(done, false))
    if (done.left.some(({ failed }) => failed))
      process.exitCode = done.removed.length + done.unmarked.length + done.settled.length > 0 ? partial : 1
    return { ...done, dryRun }
  }
}
