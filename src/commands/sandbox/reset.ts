import { SandboxCommand } from '../../base-command.js'
import type { SandboxStatus } from '../../sandbox/control-client.js'
import { sandboxLines } from '../../terminal/sandboxes.js'

export default class SandboxReset extends SandboxCommand {
  static override summary = 'Begin anew: empty the embedded local Azure and seed it again.'
  static override description = 'Its clock stays where it is. It must be running.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<SandboxStatus> {
    await this.parse(SandboxReset)
    const { SandboxControl } = await import('../../sandbox/control-client.js')
    const status = await (await SandboxControl.connect(this.folder))?.reset()
    if (!status) throw this.notRunning()

    this.log(sandboxLines(status))
    return status
  }
}
