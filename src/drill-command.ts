/** What the commands that run drills have in common: what is asked of a drill, and the report for a pipeline. */
import { writeFile } from 'node:fs/promises'
import { Flags, type Interfaces } from '@oclif/core'
import { AzureCommand, given } from './base-command.js'
import type { DrillLogin, DrillOptions } from './core/domain/drill.js'
import {
  validCheckTimeout,
  validCommand,
  validHttpCheck,
  validSource,
  validSshUser,
} from './core/domain/drill-input.js'
import type { DrillPlan } from './core/domain/drill-plan.js'
import { fileTrouble } from './core/domain/file-trouble.js'
import { validResourceGroup, validSubnetId } from './core/domain/validation.js'
import { AzlinError } from './core/errors.js'
import { junitXml, type TestCase } from './terminal/junit.js'

const checks = 'CHECK'

const loginFlags = {
  'ssh-user': Flags.string({
    helpGroup: checks,
    helpValue: '<user>',
    dependsOn: ['ssh-key'],
    summary: 'Log in as this user and run `true`.',
  }),
  'ssh-key': Flags.string({
    helpGroup: checks,
    helpValue: '<file>',
    dependsOn: ['ssh-user'],
    summary: 'Private key to log in with. [env: AZLIN_SSH_PASSPHRASE opens a locked one]',
  }),
}

export const reportFlags = {
  junit: Flags.string({ helpValue: '<file>', summary: 'Write a JUnit report there: one test case for each drill.' }),
  'no-cleanup': Flags.boolean({ default: false, summary: 'Keep what was made, and say what removes it.' }),
  ...loginFlags,
}

/** For one VM and for many alike. */
export const drillFlags = {
  'test-resource-group': Flags.string({
    helpValue: '<group>',
    summary: 'Use this group, and remove only what azlin made in it (default: one of its own).',
  }),
  'require-replica': Flags.boolean({ default: false, summary: 'Refuse where the region has no copy, and make none.' }),
  'allow-size-change': Flags.boolean({
    default: false,
    summary: 'Where Azure has no room for the size, take the next of its family.',
  }),
  'no-boot': Flags.boolean({ default: false, summary: 'Do not wait for the VM to boot.' }),
  'no-connectivity': Flags.boolean({ default: false, summary: 'Do not check SSH.' }),
  subnet: Flags.string({
    helpGroup: checks,
    helpValue: '<id>',
    exclusive: ['ssh-source'],
    summary: 'Use this subnet instead of a quarantine: the restored VM reaches all that it leads to.',
  }),
  'ssh-source': Flags.string({
    helpGroup: checks,
    helpValue: '<cidr>',
    summary: 'Give it a temporary public address that only this source may reach, and check SSH from here.',
  }),
  'check-http': Flags.string({
    helpGroup: checks,
    helpValue: '<path>[:port]',
    summary: 'Also ask its own web server for this path, again and again until it answers 2xx or 3xx.',
  }),
  'check-command': Flags.string({
    helpGroup: checks,
    helpValue: '<command>',
    summary: 'Also run this command in it, again and again until it ends with 0.',
  }),
  'check-timeout': Flags.string({
    helpGroup: checks,
    helpValue: '<duration>',
    summary: 'Let each check of your own fail for so long: 2m (default: until 10 minutes after the VM was made).',
  }),
  ...reportFlags,
}

type DrillFlags = Interfaces.InferredFlags<typeof drillFlags>
type LoginFlags = Pick<DrillFlags, keyof typeof loginFlags>

export abstract class DrillCommand extends AzureCommand {
  protected override readonly during = 'drill'

  /** Checks the flags and reads the key; nothing is sent yet. */
  protected async wish(flags: DrillFlags): Promise<Omit<DrillOptions, 'testRegion'>> {
    const subnetId = given(flags.subnet, validSubnetId, '--subnet')
    const sshSource = given(flags['ssh-source'], validSource, '--ssh-source')
    const checks = ['ssh-source', 'ssh-user', 'check-http', 'check-command', 'check-timeout'] as const
    const pointless = flags['no-connectivity'] ? checks.find((name) => flags[name] !== undefined) : undefined
    if (pointless) throw this.misused(`--${pointless} is for a check that --no-connectivity leaves out.`)
    if (flags['check-timeout'] !== undefined && (flags['check-http'] ?? flags['check-command']) === undefined)
      throw this.misused('--check-timeout is for --check-http or --check-command.')
    return {
      testResourceGroup: given(flags['test-resource-group'], validResourceGroup, '--test-resource-group'),
      subnetId,
      sshSource,
      boot: !flags['no-boot'],
      connectivity: !flags['no-connectivity'],
      cleanup: !flags['no-cleanup'],
      requireReplica: flags['require-replica'],
      allowSizeChange: flags['allow-size-change'],
      checkHttp: flags['check-http'] === undefined ? undefined : validHttpCheck(flags['check-http']),
      checkCommand: given(flags['check-command'], validCommand, '--check-command'),
      checkTimeoutMs: flags['check-timeout'] === undefined ? undefined : validCheckTimeout(flags['check-timeout']),
      login: await this.login(flags, subnetId ?? sshSource),
    }
  }

  /** `way` is how the VM is reached from here; without one there is nothing to log in over. */
  protected async login(
    { 'ssh-user': user, 'ssh-key': file }: LoginFlags,
    way: string | undefined,
  ): Promise<DrillLogin | undefined> {
    if (user === undefined || file === undefined) return undefined
    if (way === undefined) throw this.misused('--ssh-user logs in from here: that needs an SSH source or a subnet.')
    const name = validSshUser(user)
    const { readLogin } = await import('./ssh/private-key.js')
    return readLogin(name, file, process.env['AZLIN_SSH_PASSPHRASE'])
  }

  /** PLAN_INVALID with every mistake and its line. */
  protected async plan(file: string, resourceGroup: string | undefined): Promise<DrillPlan> {
    const { readPlan } = await import('./plan-file/read-plan.js')
    return readPlan(file, resourceGroup)
  }

  /** Makes sure of the file before the drill: an hour later would be late to learn that it cannot be written. */
  protected async junit(
    file: string | undefined,
  ): Promise<(suite: string, cases: readonly TestCase[]) => Promise<void>> {
    if (file === undefined) return async () => {}
    const at = new Date()
    const write = async (text: string) => {
      try {
        await writeFile(file, text)
      } catch (error) {
        const why = `it cannot be written (${fileTrouble(error)})`
        throw new AzlinError('INVALID_INPUT', { what: '--junit', value: file, why, example: 'drills.xml' })
      }
    }
    // A pipeline that is cut off must not read the report of the time before.
    await write('')
    return (suite, cases) => write(junitXml(suite, at, cases))
  }
}
