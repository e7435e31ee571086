import { Flags } from '@oclif/core'
import { AzureCommand, given } from '../../base-command.js'
import { jobStatuses } from '../../core/domain/replication.js'
import { validVmName } from '../../core/domain/validation.js'
import type { ReplicationJson } from '../../replication-command.js'
import { jobJson, jobTable, noJobs } from '../../terminal/replications.js'

export default class BackupReplicationJobs extends AzureCommand {
  static override summary = "List the copies in this computer's record, newest first."
  static override description =
    'Asks Azure nothing: replication-status and replication sync bring the record up to date.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --status failed --vm web-1 --json',
  ]
  static override flags = {
    status: Flags.option({ options: jobStatuses, summary: 'Only these.' })(),
    vm: Flags.string({
      helpValue: '<vm>',
      summary: 'Only those of this VM (of every group, unless --resource-group is given).',
    }),
  }

  async run(): Promise<ReplicationJson> {
    const { flags } = await this.parse(BackupReplicationJobs)
    const vm = given(flags.vm, validVmName, '--vm')
    await using azlin = await this.open(flags, 'required')
    const jobs = await azlin.replication.jobs({ status: flags.status, vm, resourceGroup: flags['resource-group'] })
    this.log(jobs.length > 0 ? jobTable(jobs, process.stdout) : noJobs(flags.status, vm))
    return { jobs: jobs.map(jobJson) }
  }
}
