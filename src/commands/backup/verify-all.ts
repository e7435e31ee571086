import { Args, Flags } from '@oclif/core'
import { AzureCommand } from '../../base-command.js'
import { validCount } from '../../core/domain/validation.js'
import { exitOfVerifications } from '../../exit-codes.js'
import { type VerifyItemJson, verifyItemJson } from '../../terminal/verification-json.js'
import { verifyAllLines } from '../../terminal/verifications.js'
import { verifyFlags, verifyOptions } from '../../terminal/verify-flags.js'

/** Azure allows five access links within the family of a disk's snapshots. */
const mostAtOnce = 5

export default class BackupVerifyAll extends AzureCommand {
  static override summary = 'Verify the backups of a VM that are not verified yet.'
  static override description =
    `--stale takes those whose turn it is: backups younger than 7 days daily, older ones weekly. --all takes every one. \
One that fails does not stop the others: the exit code is 3 then, and 1 when all failed.`
  static override examples = [
    { description: 'The unverified ones', command: '<%= config.bin %> <%= command.id %> web-1 -g my-rg' },
    { description: 'From a daily timer', command: '<%= config.bin %> <%= command.id %> web-1 -g my-rg --stale --json' },
  ]
  static override args = {
    vm: Args.string({ required: true, ignoreStdin: true, description: 'VM whose backups to verify' }),
  }
  static override flags = {
    'max-parallel': Flags.string({
      helpValue: '<number>',
      default: '2',
      summary: `Backups verified at once, up to ${mostAtOnce}.`,
    }),
    stale: Flags.boolean({ default: false, summary: 'Also those whose last verification is too old.' }),
    all: Flags.boolean({ default: false, exclusive: ['stale'], summary: 'Every backup.' }),
    ...verifyFlags,
  }

  async run(): Promise<{ readonly results: readonly VerifyItemJson[] }> {
    const { args, flags } = await this.parse(BackupVerifyAll)
    const vm = await this.vm(args.vm, flags)
    const atOnce = validCount(flags['max-parallel'], '--max-parallel', 1, mostAtOnce)
    const { replicaIn, ...options } = verifyOptions(flags)
    const which = flags.all ? 'all' : flags.stale ? 'stale' : 'unverified'
    await using azlin = await this.open(flags, 'required')
    const verification = await azlin.verification({ atOnce })
    const items = await verification.verifyAll(vm, { which, replicaIn }, options, azlin.run)

    this.log(verifyAllLines(vm.name, items))
    process.exitCode = exitOfVerifications(items)
    return { results: items.map((item) => verifyItemJson(item, azlin.clock.now())) }
  }
}
