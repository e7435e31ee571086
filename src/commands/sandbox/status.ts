import { SandboxCommand } from '../../base-command.js'
import type { SandboxStatus } from '../../sandbox/control-client.js'
import { sandboxLines } from '../../terminal/sandboxes.js'

export default class SandboxStatusCommand extends SandboxCommand {
  static override summary = 'Say whether the embedded local Azure runs, and what is in it.'
  static override description = 'The exit code is 0 when it runs, else 4.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<SandboxStatus & { readonly running: true }> {
    await this.parse(SandboxStatusCommand)
    const { SandboxControl } = await import('../../sandbox/control-client.js')
    const status = await (await SandboxControl.connect(this.folder))?.status()
    if (!status) throw this.notRunning()

    this.log(sandboxLines(status))
    return { running: true, ...status }
  }
}
