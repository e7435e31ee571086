import { Flags } from '@oclif/core'
import { given } from '../../base-command.js'
import { validCount, validRegion } from '../../core/domain/validation.js'
import { DrillCommand, drillFlags } from '../../drill-command.js'
import { exitOfDrills } from '../../exit-codes.js'
import { itemCases } from '../../terminal/drill-cases.js'
import { type DrillItemJson, drillItemJson } from '../../terminal/drill-json.js'
import { itemLines } from '../../terminal/drills.js'

export default class DrTestAll extends DrillCommand {
  static override summary = 'Run the drill of every VM whose drill is due.'
  static override description =
    `The VMs of the resource group, or of the whole subscription where no group is set, that azlin dr configure gave a \
schedule. A drill takes a backup of the tier that was not proven for longest, so that in time every kind is. One \
VM's failure does not stop the others; the exit code is 3 then, and 1 when all failed.`
  static override examples = [
    { description: 'From a timer, once a day', command: '<%= config.bin %> <%= command.id %> --junit drills.xml' },
    '<%= config.bin %> <%= command.id %> -g my-rg --all --max-parallel 4',
  ]
  static override flags = {
    all: Flags.boolean({ default: false, summary: 'Also those that are not due yet.' }),
    'test-region': Flags.string({ helpValue: '<region>', summary: "In this region (default: each VM's schedule's)." }),
    'max-parallel': Flags.string({ default: '2', helpValue: '<n>', summary: 'Drills at once, 1 to 20.' }),
    ...drillFlags,
  }

  async run(): Promise<{ readonly results: readonly DrillItemJson[] }> {
    const { flags } = await this.parse(DrTestAll)
    const options = {
      ...(await this.wish(flags)),
      testRegion: given(flags['test-region'], validRegion, '--test-region'),
    }
    const maxParallel = validCount(flags['max-parallel'], '--max-parallel', 1, 20)
    const report = await this.junit(flags.junit)
    const { resourceGroup } = await this.settings(flags)
    await using azlin = await this.open(flags, 'required')
    const drills = await azlin.drills({ atOnce: maxParallel })
    const items = await drills.testAll({ resourceGroup, force: flags.all }, options, azlin.run)

    await report('dr test-all', itemCases(items))
    this.log(items.length > 0 ? itemLines(items) : 'No drill is due. azlin dr configure <vm> gives a VM a schedule.')
    process.exitCode = exitOfDrills(items)
    return { results: items.flatMap(drillItemJson) }
  }
}
