import { Flags } from '@oclif/core'
import { AzureCommand } from '../../base-command.js'
import { validCount } from '../../core/domain/validation.js'
import { type VerificationReportJson, verificationReportJson } from '../../terminal/verification-json.js'
import { reportCsv, reportLines } from '../../terminal/verifications.js'

export default class BackupVerificationReport extends AzureCommand {
  static override summary = 'Report on verifications: how many, how they ended, and what nobody has verified.'
  static override description =
    `Puts together the record of this machine and the tags that other computers left on the snapshots. Warns when \
verification comes so rarely that a damaged backup can expire before anybody notices.`
  static override examples = [
    { description: 'Every VM of a group, the last week', command: '<%= config.bin %> <%= command.id %> -g my-rg' },
    {
      description: 'One VM, the last month, for a script',
      command: '<%= config.bin %> <%= command.id %> --vm web-1 -g my-rg --days 30 --json',
    },
    {
      description: 'For a spreadsheet',
      command: '<%= config.bin %> <%= command.id %> -g my-rg --csv > verifications.csv',
    },
  ]
  static override flags = {
    vm: Flags.string({ helpValue: '<vm>', summary: 'Only this VM.' }),
    days: Flags.string({ helpValue: '<days>', default: '7', summary: 'How far back verifications are counted.' }),
    csv: Flags.boolean({ default: false, exclusive: ['json'], summary: 'Comma-separated, a line for each VM.' }),
  }

  async run(): Promise<VerificationReportJson> {
    const { flags } = await this.parse(BackupVerificationReport)
    const days = validCount(flags.days, '--days', 1, 3660)
    const vm = flags.vm === undefined ? undefined : await this.vm(flags.vm, flags)
    const { resourceGroup } = await this.settings(flags)
    await using azlin = await this.open(flags, 'readable')
    const report = await azlin.verificationReports.report({ vm, resourceGroup, days }, azlin.run)

    this.log(flags.csv ? reportCsv(report) : reportLines(report, azlin.clock.now(), process.stdout))
    for (const warning of report.warnings) this.notice(warning)
    return verificationReportJson(report)
  }
}
