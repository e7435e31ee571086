import { Args, Flags } from '@oclif/core'
import { AzureCommand, given, yesFlag } from '../../base-command.js'
import { validSize } from '../../core/domain/drill-input.js'
import {
  validRegion,
  validResourceGroup,
  validSnapshotName,
  validSubnetId,
  validTime,
  validVmName,
} from '../../core/domain/validation.js'
import type { FailoverResult } from '../../core/managers/failover-manager.js'
import { partial } from '../../exit-codes.js'
import { failoverLines, failoverQuestion } from '../../terminal/failovers.js'

export default class DrFailover extends AzureCommand {
  static override summary = 'Bring a VM up for real in the region of its copies.'
  static override description =
    `Makes a lasting VM of the newest complete copy in the target region. Nothing is asked of the VM's own region: what \
is needed stands in the tags of the copies. Before it begins it says how old the data is, and asks. The lost VM is not \
touched. azlin dr failback brings it home later. --resource-group names the group of the lost VM or, where the copies \
are of a VM in another group, the one for the new VM, as --target-resource-group does.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> web-1 -g my-rg --target-region westus2',
    {
      description: 'Into a network that is ready for it, from the last backup before something went wrong',
      command:
        '<%= config.bin %> <%= command.id %> web-1 -g my-rg --target-region westus2 --subnet <subnet id> --at 2026-11-22T03:00:00Z --yes',
    },
  ]
  static override args = { vm: Args.string({ required: true, ignoreStdin: true, description: 'VM that was lost' }) }
  static override baseFlags = {
    ...AzureCommand.baseFlags,
    'resource-group': {
      ...AzureCommand.baseFlags['resource-group'],
      summary:
        'Group of the lost VM; where the copies are of a VM in another group, the one for the new VM. Also --rg. [env: AZLIN_RESOURCE_GROUP, of the lost VM]',
    },
  }
  static override flags = {
    'target-region': Flags.string({ required: true, helpValue: '<region>', summary: 'Region of the copies: westus2.' }),
    backup: Flags.string({ helpValue: '<name>', summary: 'This backup (default: the newest complete one there).' }),
    at: Flags.string({
      helpValue: '<time>',
      exclusive: ['backup'],
      summary: 'The newest backup not after this time: 2026-11-22T03:00:00Z.',
    }),
    subnet: Flags.string({
      helpValue: '<id>',
      summary: 'Resource id of a subnet there (default: a new network that leads nowhere yet).',
    }),
    'target-resource-group': Flags.string({
      helpValue: '<group>',
      summary: 'Group for the new VM, made if missing (default: that of the copies, if it lies in the region).',
    }),
    size: Flags.string({ helpValue: '<size>', summary: "Size of the new VM (default: the VM's own)." }),
    'allow-size-change': Flags.boolean({
      default: false,
      summary: 'Where Azure has no room for the size, take the next of its family.',
    }),
    name: Flags.string({ helpValue: '<vm>', summary: "Name of the new VM (default: the VM's own, where it is free)." }),
    yes: yesFlag,
  }

  async run(): Promise<FailoverResult> {
    const { args, flags } = await this.parse(DrFailover)
    const vm = await this.vm(args.vm, flags)
    const request = {
      vm,
      groupIsGiven: flags['resource-group'] !== undefined,
      targetRegion: validRegion(flags['target-region'], '--target-region'),
      backup: given(flags.backup, validSnapshotName, '--backup'),
      at: flags.at === undefined ? undefined : validTime(flags.at, '--at'),
      subnetId: given(flags.subnet, validSubnetId, '--subnet'),
      resourceGroup: given(flags['target-resource-group'], validResourceGroup, '--target-resource-group'),
      size: given(flags.size, validSize, '--size'),
      allowSizeChange: flags['allow-size-change'],
      name: given(flags.name, validVmName, '--name'),
    }
    const word = this.word(`The failover of ${vm.name}`, flags)
    // In a disaster the journal's file may be gone as well: that must not stand in the way.
    await using azlin = await this.open(flags, 'optional')
    const failover = await azlin.failover()
    const plan = await failover.plan(request, azlin.run)
    for (const notice of plan.notices) this.notice(notice)
    if (flags.yes) this.notice(failoverQuestion(plan))
    await word.ask(failoverQuestion(plan))

    const result = await failover.execute(plan, azlin.run)
    this.log(failoverLines(vm.name, result))
    if (result.stillMarked.length > 0) process.exitCode = partial
    return result
  }
}
