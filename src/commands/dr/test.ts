import { Args, Flags } from '@oclif/core'
import { given } from '../../base-command.js'
import { validSize } from '../../core/domain/drill-input.js'
import { validRegion, validSnapshotName } from '../../core/domain/validation.js'
import { AzlinError } from '../../core/errors.js'
import { DrillCommand, drillFlags } from '../../drill-command.js'
import { drillCase, refusedCase } from '../../terminal/drill-cases.js'
import { type DrillJson, drillJson } from '../../terminal/drill-json.js'
import { drillLines } from '../../terminal/drills.js'

export default class DrTest extends DrillCommand {
  static override summary = 'Prove that a backup becomes a machine that boots and answers, in another region.'
  static override description =
    `Restores every disk of the backup from its copy in the test region into a quarantine that leads nowhere, makes a \
VM of them, waits until it has booted, checks SSH, and removes everything again, whatever happens. What is missing is \
said before anything is made. The result has the seconds of each phase; what was not asked for is shown as not \
checked. docs/drills.md says how the machine is shut in and what is measured.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> web-1 -g my-rg --test-region westus2',
    {
      description: 'A real login from here, and a check of the web server, reported to a pipeline',
      command:
        '<%= config.bin %> <%= command.id %> web-1 -g my-rg --test-region westus2 --ssh-source 203.0.113.7 --ssh-user ops --ssh-key ~/.ssh/id_ed25519 --check-http /health:8080 --junit drill.xml',
    },
  ]
  static override args = { vm: Args.string({ required: true, ignoreStdin: true, description: 'VM to drill' }) }
  static override flags = {
    backup: Flags.string({
      helpValue: '<name>',
      summary: 'This backup (default: the newest complete one with a copy there, else the newest complete one).',
    }),
    'test-region': Flags.string({ required: true, helpValue: '<region>', summary: 'As in westus2.' }),
    size: Flags.string({ helpValue: '<size>', summary: "Make a VM of this size (default: the VM's own)." }),
    ...drillFlags,
  }

  async run(): Promise<DrillJson> {
    const { args, flags } = await this.parse(DrTest)
    const vm = await this.vm(args.vm, flags)
    const request = {
      ...(await this.wish(flags)),
      vm,
      backup: given(flags.backup, validSnapshotName, '--backup'),
      testRegion: validRegion(flags['test-region'], '--test-region'),
      size: given(flags.size, validSize, '--size'),
    }
    const report = await this.junit(flags.junit)
    await using azlin = await this.open(flags, 'required')
    try {
      const drill = await (await azlin.drills({ atOnce: 1 })).test(request, azlin.run)
      await report(`dr test ${vm.name}`, [drillCase(drill)])
      this.log(drillLines({ ...drill, notes: this.unsaid(drill.notes) }, process.stdout))
      if (drill.outcome !== 'succeeded') process.exitCode = 1
      return drillJson(drill)
    } catch (error) {
      if (AzlinError.is(error)) await report(`dr test ${vm.name}`, [refusedCase(vm, error)])
      throw error
    }
  }
}
