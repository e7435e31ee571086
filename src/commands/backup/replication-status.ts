import { Args } from '@oclif/core'
import { AzureCommand } from '../../base-command.js'
import { jobJson, regionJson, statusLines } from '../../terminal/replications.js'

export default class BackupReplicationStatus extends AzureCommand {
  static override summary = 'Ask Azure how far the copies of a VM are, and how old the newest complete one is.'
  static override description =
    `Brings the record up to date first, also with copies that another computer began. The age of the newest backup that \
is complete in a region is its RPO: what would be lost if the VM's own region were lost now. Works while that region is down.`
  static override examples = ['<%= config.bin %> <%= command.id %> web-1 -g my-rg']
  static override args = {
    vm: Args.string({ required: true, ignoreStdin: true, description: 'VM whose copies to ask for' }),
  }

  async run() {
    const { args, flags } = await this.parse(BackupReplicationStatus)
    const vm = await this.vm(args.vm, flags)
    await using azlin = await this.open(flags, 'required')
    const status = await azlin.replicationRecords.status(vm, azlin.run)
    this.log(statusLines(vm.name, status, azlin.clock.now(), process.stdout))
    return { jobs: status.jobs.map(jobJson), regions: status.regions.map(regionJson) }
  }
}
