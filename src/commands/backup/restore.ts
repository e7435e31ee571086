import { Args, Flags } from '@oclif/core'
import { AzureCommand, given, yesFlag } from '../../base-command.js'
import { validRegion, validResourceGroup, validSubnetId, validVmName } from '../../core/domain/validation.js'
import type { RestoreResult } from '../../core/managers/restore-manager.js'
import { partial } from '../../exit-codes.js'
import { restoreChoice } from '../../terminal/restore-choice.js'
import { describeRestore, restoreQuestion } from '../../terminal/restores.js'

const beside = (helpValue: string, summary: string) => Flags.string({ helpValue, summary, dependsOn: ['new-vm'] })

export default class BackupRestore extends AzureCommand {
  static override summary = 'Put a backup in the place of a VM, or beside it.'
  static override description =
    `In place: everything is checked first and the new disks are made while the VM still runs; then it is stopped, its \
disks are swapped, and it is started. If anything fails, it gets its old disks and its old power state back. The \
old disks are kept and named in the result. With --new-vm the VM is left alone and a second one is made.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> web-1 -g my-rg --backup web-1-backup-daily-20261122-010203',
    '<%= config.bin %> <%= command.id %> web-1 -g my-rg --at 2026-11-22T03:00:00Z --yes',
    '<%= config.bin %> <%= command.id %> web-1 -g my-rg --interactive --new-vm web-1-copy',
    {
      description: 'From the copies in another region, while that of the VM is down',
      command:
        '<%= config.bin %> <%= command.id %> web-1 -g my-rg --region eastus2 --at 2026-11-22 --new-vm web-1-dr --subnet <id>',
    },
  ]
  static override usage =
    '<%= command.id %> VM (--backup <name> | --at <time> | --interactive) [--new-vm <name>] [--yes]'
  static override args = { vm: Args.string({ required: true, ignoreStdin: true, description: 'VM to restore' }) }
  static override flags = {
    backup: Flags.string({ helpValue: '<name>', exactlyOne: ['backup', 'interactive', 'at'], summary: 'This backup.' }),
    interactive: Flags.boolean({ char: 'i', summary: 'Choose from a list.' }),
    at: Flags.string({ helpValue: '<time>', summary: 'The newest backup not after this time: 2026-11-22T03:00:00Z.' }),
    'new-vm': Flags.string({ helpValue: '<name>', summary: 'Leave the VM alone and make this one of the backup.' }),
    'target-resource-group': beside('<group>', "Group for the new VM (default: the VM's own)."),
    region: beside('<region>', "Restore the copy in this region; asks nothing of the VM's own region."),
    subnet: beside('<id>', "Resource id of a subnet for the new VM (default: the VM's own)."),
    'delete-previous-disks': Flags.boolean({
      default: false,
      exclusive: ['new-vm'],
      summary: 'Delete the replaced disks once the guest agent has reported from the backup.',
    }),
    yes: yesFlag,
  }

  async run(): Promise<RestoreResult> {
    const { args, flags } = await this.parse(BackupRestore)
    const vm = await this.vm(args.vm, flags)
    const region = given(flags.region, validRegion, '--region')
    const choose = restoreChoice({ ...flags, region })
    const options = {
      newVm: given(flags['new-vm'], validVmName, '--new-vm'),
      targetResourceGroup: given(flags['target-resource-group'], validResourceGroup, '--target-resource-group'),
      subnetId: given(flags.subnet, validSubnetId, '--subnet'),
      deletePreviousDisks: flags['delete-previous-disks'],
      withoutOriginal: region !== undefined,
    }
    const word = options.newVm === undefined ? this.word(`Restoring ${vm.name} in place`, flags) : undefined
    await using azlin = await this.open(flags, 'optional')
    const point = await choose(azlin, vm)
    const plan = await azlin.restores.plan(vm, point, options, azlin.run)
    for (const notice of plan.notices) this.notice(notice)
    if (plan.mode === 'in-place') await word?.ask(restoreQuestion(plan, azlin.clock.now()))

    const result = await azlin.restores.execute(plan, azlin.run)
    this.log(describeRestore(result))
    if (result.stillMarked.length > 0) process.exitCode = partial
    return result
  }
}
