import { Args } from '@oclif/core'
import { AzureCommand } from '../../base-command.js'
import type { ReplicationJson } from '../../replication-command.js'
import { jobJson, jobTable } from '../../terminal/replications.js'

export default class ReplicationSync extends AzureCommand {
  static override summary = "Rebuild this computer's record of copies from what Azure shows."
  static override description =
    'For a new or rebuilt computer, and after copies that another one began. Changes nothing but the record and the tags that tell of complete copies.'
  static override examples = [
    { description: 'Every VM of the subscription', command: '<%= config.bin %> <%= command.id %>' },
    { description: 'One VM', command: '<%= config.bin %> <%= command.id %> web-1 -g my-rg' },
  ]
  static override args = { vm: Args.string({ ignoreStdin: true, description: 'Only this VM' }) }

  async run(): Promise<ReplicationJson> {
    const { args, flags } = await this.parse(ReplicationSync)
    const vm = args.vm === undefined ? undefined : await this.vm(args.vm, flags)
    await using azlin = await this.open(flags, 'required')
    const jobs = await azlin.replicationRecords.sync(vm, azlin.run)
    this.log(jobs.length > 0 ? jobTable(jobs, process.stdout) : 'The record agrees with Azure.')
    return { jobs: jobs.map(jobJson) }
  }
}
