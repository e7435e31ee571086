import { Args } from '@oclif/core'
import { SandboxCommand } from '../../base-command.js'
import { validDuration } from '../../core/domain/validation.js'
import type { SandboxStatus } from '../../sandbox/control-client.js'
import { minute } from '../../terminal/time.js'

export default class SandboxAdvance extends SandboxCommand {
  static override summary = 'Move the clock of the embedded local Azure forward.'
  static override description =
    'azlin goes by that clock too when it talks to the sandbox: a week of backups in a minute.'
  static override examples = [
    { description: 'A week later', command: '<%= config.bin %> <%= command.id %> 7d' },
    { description: 'A day and a half later', command: '<%= config.bin %> <%= command.id %> 36h' },
  ]
  static override args = {
    span: Args.string({ required: true, ignoreStdin: true, description: 'How far: 90m, 36h, 7d, 2w' }),
  }

  async run(): Promise<SandboxStatus> {
    const { args } = await this.parse(SandboxAdvance)
    const ms = validDuration(args.span, 'Span')
    const { SandboxControl } = await import('../../sandbox/control-client.js')
    const status = await (await SandboxControl.connect(this.folder))?.advance(ms)
    if (!status) throw this.notRunning()

    this.log(`It is ${minute(new Date(status.now))} UTC in the sandbox.`)
    return status
  }
}
