import { SandboxCommand } from '../../base-command.js'

export default class SandboxStop extends SandboxCommand {
  static override summary = 'Stop the embedded local Azure.'
  static override description = 'What is in it is kept for the next start.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<{ stopped: boolean }> {
    await this.parse(SandboxStop)
    const { SandboxControl } = await import('../../sandbox/control-client.js')
    const control = await SandboxControl.connect(this.folder)
    await control?.stop()

    this.log(control ? 'The sandbox is stopped.' : 'No sandbox was running.')
    return { stopped: control !== undefined }
  }
}
