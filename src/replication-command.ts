/** What the commands that copy backups have in common. */
import { Flags, type Interfaces } from '@oclif/core'
import { type Azlin, AzureCommand, given, yesFlag } from './base-command.js'
import { validEncryptionSetId, validRegion, validResourceGroup } from './core/domain/validation.js'
import type { ReplicationPlan, ReplicationWish } from './core/managers/replication-plan.js'
import { exitOfCopies } from './exit-codes.js'
import { describeReplication, type JobJson, jobJson, jobTable } from './terminal/replications.js'

export const replicationFlags = {
  'target-region': Flags.string({
    required: true,
    helpValue: '<region>',
    summary: 'Region to copy to, as in eastus2.',
  }),
  'target-resource-group': Flags.string({
    helpValue: '<group>',
    summary: "Group for the copies (default: the schedule's, else that of the backup). Made, after asking, if missing.",
  }),
  'target-disk-encryption-set': Flags.string({
    helpValue: '<id>',
    summary: 'Resource id of the disk encryption set there, for disks with a customer-managed key.',
  }),
  yes: yesFlag,
}

export interface ReplicationJson {
  readonly jobs: readonly JobJson[]
}

export abstract class ReplicationCommand extends AzureCommand {
  protected override readonly during = 'copies'

  /** Checks the flags; nothing is sent yet. */
  protected wish(flags: Interfaces.InferredFlags<typeof replicationFlags>): ReplicationWish {
    return {
      region: validRegion(flags['target-region'], '--target-region'),
      resourceGroup: given(flags['target-resource-group'], validResourceGroup, '--target-resource-group'),
      encryptionSetId: given(flags['target-disk-encryption-set'], validEncryptionSetId, '--target-disk-encryption-set'),
    }
  }

  protected async replicate(
    azlin: Azlin,
    plan: ReplicationPlan,
    { yes, wait }: { readonly yes: boolean; readonly wait: boolean },
  ): Promise<ReplicationJson> {
    const { resourceGroup, region } = plan.place
    if (plan.makesGroup && plan.wants.length > 0) {
      const word = this.word(`Making resource group ${resourceGroup} in ${region}`, { yes })
      await word.ask(`There is no resource group ${resourceGroup}. It would be made in ${region} for the copies.`)
    }
    const copied = await azlin.replication.execute(plan, { wait, makeGroup: true }, azlin.run)
    const { jobs, errors } = copied
    this.log(describeReplication(jobs, region, plan.impossible.length > 0))
    if (errors.some((error) => error !== undefined)) this.log(jobTable(jobs, process.stdout))
    process.exitCode = exitOfCopies(copied)
    return { jobs: jobs.map(jobJson) }
  }
}
