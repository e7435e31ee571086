import { Flags } from '@oclif/core'
import { AzureCommand, given } from '../../base-command.js'
import { validPercent } from '../../core/domain/drill-input.js'
import { validCount, validVmName } from '../../core/domain/validation.js'
import { csv } from '../../terminal/csv.js'
import { rateLine } from '../../terminal/drills.js'

interface RateJson {
  /** 0 to 100; null without drills. */
  readonly successRate: number | null
  readonly total: number
  readonly succeeded: number
  readonly days: number
  /** Of the 95 % interval, 0 to 100; null without drills. */
  readonly lowerBound: number | null
}

export default class DrSuccessRate extends AzureCommand {
  static override summary = 'Show how many drills succeeded, and how much that proves.'
  static override description =
    `Drills that were stopped count neither way. A rate comes with the lower bound of its one-sided 95 % interval: 12 of 12 is \
100 % and proves 77.9 %. Without a drill there is no rate; --fail-below is then missed, as nothing was proven.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> --vm web-1 --days 90',
    { description: 'As a gate', command: '<%= config.bin %> <%= command.id %> --days 365 --fail-below 99.9' },
  ]
  static override flags = {
    vm: Flags.string({ helpValue: '<vm>', summary: 'Only the drills of this VM.' }),
    days: Flags.string({ default: '30', helpValue: '<days>', summary: 'Of the last so many days.' }),
    'fail-below': Flags.string({ helpValue: '<percent>', summary: 'End with 1 where the rate is lower than this.' }),
    csv: Flags.boolean({ default: false, exclusive: ['json'], summary: 'Print comma-separated values.' }),
  }

  async run(): Promise<RateJson> {
    const { flags } = await this.parse(DrSuccessRate)
    const vm = given(flags.vm, validVmName, '--vm')
    const days = validCount(flags.days, '--days', 1)
    const least = flags['fail-below'] === undefined ? undefined : validPercent(flags['fail-below'], '--fail-below')
    await using azlin = await this.open(flags, 'required')
    const rate = await azlin.drillRecords.rate({ vm, resourceGroup: flags['resource-group'], days })

    const { successRate, lowerBound, total, succeeded } = rate
    if (flags.csv)
      this.log(
        csv(
          ['successRate', 'lowerBound', 'total', 'succeeded', 'days'],
          [[successRate, lowerBound, total, succeeded, days]],
        ),
      )
    else this.log(rateLine(rate, days, vm))
    if (least !== undefined && (successRate === null || successRate < least)) {
      this.notice(`That misses the target of ${least} %.`)
      process.exitCode = 1
    }
    return { successRate, total, succeeded, days, lowerBound }
  }
}
