import { Args, Flags } from '@oclif/core'
import { vmsOf } from '../../core/domain/drill-plan.js'
import { AzlinError } from '../../core/errors.js'
import { DrillCommand, reportFlags } from '../../drill-command.js'
import { itemCases, refusedCase } from '../../terminal/drill-cases.js'
import { planDrillJson, planJson } from '../../terminal/drill-json.js'
import { planDrillLines, planLines } from '../../terminal/drills.js'

export default class DrPlan extends DrillCommand {
  static override summary = 'Drill several VMs as one: in order, with checks, one result and one RTO.'
  static override description =
    `The plan is a YAML file of ordered groups; docs/drills.md shows one. The VMs of a plan share a quarantine and may \
speak to each other in it. Everything that is wrong with the plan is said at once, each mistake with its line, \
before anything is sent.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> shop.yaml --dry-run',
    '<%= config.bin %> <%= command.id %> shop.yaml -g my-rg --junit shop.xml',
  ]
  static override args = {
    file: Args.string({ required: true, ignoreStdin: true, description: 'YAML file with the plan' }),
  }
  static override flags = {
    'dry-run': Flags.boolean({ default: false, summary: 'Only read the plan and show it; nothing is sent.' }),
    ...reportFlags,
  }

  async run(): Promise<ReturnType<typeof planDrillJson> | ReturnType<typeof planJson>> {
    const { args, flags } = await this.parse(DrPlan)
    const { resourceGroup } = await this.settings(flags)
    const plan = await this.plan(args.file, resourceGroup)
    const login = await this.login(flags, plan.subnetId ?? plan.sshSource)
    if (flags['dry-run']) {
      this.log(planLines(plan))
      return planJson(plan)
    }

    const report = await this.junit(flags.junit)
    await using azlin = await this.open(flags, 'required')
    const name = `dr plan ${plan.name}`
    try {
      const done = await (await azlin.drills({ atOnce: vmsOf(plan).length })).runPlan(
        plan,
        { login, cleanup: !flags['no-cleanup'] },
        azlin.run,
      )
      await report(name, itemCases(done.items))
      this.log(planDrillLines(done))
      if (!done.success) process.exitCode = 1
      return planDrillJson(done)
    } catch (error) {
      if (AzlinError.is(error))
        await report(
          name,
          vmsOf(plan).map(({ vm }) => refusedCase(vm, error)),
        )
      throw error
    }
  }
}
