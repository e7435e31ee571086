import { Flags } from '@oclif/core'
import { AzureCommand } from '../../base-command.js'
import { exitOfMany } from '../../exit-codes.js'
import { type SyncJson, syncJson } from '../../terminal/snapshot-json.js'
import { syncLines } from '../../terminal/snapshots.js'

export default class SnapshotSync extends AzureCommand {
  static override summary = 'Take the snapshots that are due and remove those beyond the number to keep.'
  static override description =
    `Looks at every VM with a snapshot schedule, of the resource group or else the subscription. Backups are never \
touched. One VM that fails does not stop the others: the exit code is 3 then, and 1 when all failed.`
  static override examples = [
    { description: 'From a timer', command: '<%= config.bin %> <%= command.id %>' },
    { description: 'One VM', command: '<%= config.bin %> <%= command.id %> --vm web-1 -g my-rg' },
  ]
  static override flags = { vm: Flags.string({ helpValue: '<name>', summary: 'Only this VM.' }) }

  async run(): Promise<SyncJson> {
    const { flags } = await this.parse(SnapshotSync)
    const vm = flags.vm === undefined ? undefined : await this.vm(flags.vm, flags)
    const { resourceGroup } = await this.settings(flags)
    await using azlin = await this.open(flags, 'required')
    const items = await azlin.snapshotSchedules.sync({ vm, resourceGroup }, azlin.run)

    this.log(syncLines(items))
    process.exitCode = exitOfMany(items.map((item) => item.error))
    return syncJson(items)
  }
}
