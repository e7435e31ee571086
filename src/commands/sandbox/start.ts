import { fileURLToPath } from 'node:url'
import { Flags } from '@oclif/core'
import { SandboxCommand } from '../../base-command.js'
import { fileTrouble } from '../../core/domain/file-trouble.js'
import { validCount } from '../../core/domain/validation.js'
import { AzlinError } from '../../core/errors.js'
import type { SandboxStatus } from '../../sandbox/control-client.js'
import { sandboxGuide } from '../../terminal/sandboxes.js'

export default class SandboxStart extends SandboxCommand {
  static override summary = 'Start the embedded local Azure, to try azlin and to rehearse.'
  static override description =
    `An HTTPS server on 127.0.0.1 that speaks Azure Resource Manager, with a few VMs in it. Nothing leaves this computer. \
What is in it survives a stop; azlin sandbox reset begins anew.`
  static override examples = [
    { description: 'Start it, and see how to use it', command: '<%= config.bin %> <%= command.id %>' },
    { description: 'Azure, 600 times as fast', command: '<%= config.bin %> <%= command.id %> --speed 600' },
  ]
  static override flags = {
    port: Flags.string({ helpValue: '<port>', default: '0', summary: 'Port to listen on (0: any free one).' }),
    speed: Flags.string({ helpValue: '<factor>', default: '60', summary: "Azure's durations are divided by this." }),
    'run-command': Flags.boolean({
      allowNo: true,
      default: true,
      summary: 'Really run, on this computer and as you, what is to be run in a VM (Run Command, SSH). The default.',
    }),
  }

  async run(): Promise<SandboxStatus & { readonly alreadyRunning: boolean }> {
    const { flags } = await this.parse(SandboxStart)
    const port = validCount(flags.port, '--port', 0, 65_535)
    const speed = validCount(flags.speed, '--speed', 1, 1_000_000)
    const runCommand = flags['run-command']
    const { startDetached } = await import('../../sandbox/start-detached.js')
    const program = fileURLToPath(new URL('../../sandbox/main.js', import.meta.url))
    const options = { program, home: this.folder, port, speed, runCommand }
    const started = await startDetached(options, this.signal).catch((error: unknown) => this.#unwritable(error))
    if ('failure' in started) throw new AzlinError('SANDBOX_FAILED', { reason: started.failure })

    if (started.alreadyRunning) this.notice('The sandbox was running already; it goes on with its own port and speed.')
    this.log(sandboxGuide(started.status))
    return { ...started.status, alreadyRunning: started.alreadyRunning }
  }

  #unwritable(error: unknown): never {
    if (this.signal.aborted || !(error instanceof Error && 'syscall' in error)) throw error
    const reason = `its folder ${this.folder} cannot be used (${fileTrouble(error)}). AZLIN_HOME names another state folder.`
    throw new AzlinError('SANDBOX_FAILED', { reason }, { cause: error })
  }
}
