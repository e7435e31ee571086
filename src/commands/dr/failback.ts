import { Args, Flags } from '@oclif/core'
import { AzureCommand, given, yesFlag } from '../../base-command.js'
import { validResourceGroup, validVmName } from '../../core/domain/validation.js'
import type { FailbackResult } from '../../core/managers/failback-manager.js'
import { partial } from '../../exit-codes.js'
import { failbackLines, failbackQuestion } from '../../terminal/failovers.js'

export default class DrFailback extends AzureCommand {
  static override summary = 'Bring home what a failover VM holds.'
  static override description =
    `Takes a backup of the VM that took over, copies it to the home region and puts it in the place of the VM at home, \
which keeps its old disks. Both VMs are left for you to switch: the one that took over goes on running, and what is \
written to it after its backup is not at home.`
  static override examples = ['<%= config.bin %> <%= command.id %> web-1 -g my-rg-westus2']
  static override args = {
    vm: Args.string({ required: true, ignoreStdin: true, description: 'VM that took over' }),
  }
  static override flags = {
    to: Flags.string({ helpValue: '<vm>', summary: 'VM at home (default: the one that dr failover noted).' }),
    'to-resource-group': Flags.string({
      helpValue: '<group>',
      dependsOn: ['to'],
      summary: 'Its group (default: that of the VM that took over).',
    }),
    yes: yesFlag,
  }

  async run(): Promise<FailbackResult> {
    const { args, flags } = await this.parse(DrFailback)
    const vm = await this.vm(args.vm, flags)
    const name = given(flags.to, validVmName, '--to')
    const group = given(flags['to-resource-group'], validResourceGroup, '--to-resource-group')
    const home = name === undefined ? undefined : { name, resourceGroup: group ?? vm.resourceGroup }
    const word = this.word(`The failback of ${vm.name}`, flags)
    await using azlin = await this.open(flags, 'required')
    const failback = await azlin.failback()
    const plan = await failback.plan(vm, home, azlin.run)
    await word.ask(failbackQuestion(plan))

    const result = await failback.execute(plan, azlin.run)
    this.log(failbackLines(result))
    if (result.stillMarked.length > 0) process.exitCode = partial
    return result
  }
}
