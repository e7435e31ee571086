import { Args, Flags } from '@oclif/core'
import { AzureCommand, given } from '../../base-command.js'
import { validCount, validVmName } from '../../core/domain/validation.js'
import { type DrillJson, drillJson, drillsCsv } from '../../terminal/drill-json.js'
import { drillTable } from '../../terminal/drills.js'

export default class DrTestHistory extends AzureCommand {
  static override summary = "List the drills in this computer's record, newest first."
  static override description = 'Asks Azure nothing.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> web-1 --days 90',
    { description: 'For a spreadsheet', command: '<%= config.bin %> <%= command.id %> --csv > drills.csv' },
  ]
  static override args = {
    vm: Args.string({ ignoreStdin: true, description: 'Only the drills of this VM' }),
  }
  static override flags = {
    days: Flags.string({ default: '30', helpValue: '<days>', summary: 'Of the last so many days.' }),
    csv: Flags.boolean({ default: false, exclusive: ['json'], summary: 'Print comma-separated values.' }),
  }

  async run(): Promise<{ readonly tests: readonly DrillJson[] }> {
    const { args, flags } = await this.parse(DrTestHistory)
    const vm = given(args.vm, validVmName, 'VM name')
    const days = validCount(flags.days, '--days', 1)
    await using azlin = await this.open(flags, 'required')
    const drills = await azlin.drillRecords.history({ vm, resourceGroup: flags['resource-group'], days })

    if (flags.csv) this.log(drillsCsv(drills))
    else this.log(drills.length > 0 ? drillTable(drills, process.stdout) : noDrills(vm, days))
    return { tests: drills.map(drillJson) }
  }
}

function noDrills(vm: string | undefined, days: number): string {
  const whose = vm === undefined ? '' : ` of ${vm}`
  return `No drill${whose} is on record for the last ${days} days. azlin dr test runs one.`
}
