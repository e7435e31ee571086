/** A home with an embedded Azure in it, in the test's own process, so that faults can be set and requests looked at. */
import { join } from 'node:path'
import { SandboxControl } from '../../src/sandbox/control-client.js'
import type { Fault, FaultRequest } from '../../src/sandbox/faults.js'
import { type RunningSandbox, startSandbox } from '../../src/sandbox/server.js'
import { azlin, documentOf, type Ended, freshHome, type Running, type Surroundings, start } from './azlin.js'

export class Sandboxed {
  readonly around: Surroundings
  readonly sandbox: RunningSandbox
  readonly #control: SandboxControl
  readonly #remove: () => Promise<void>

  private constructor(
    around: Surroundings,
    sandbox: RunningSandbox,
    control: SandboxControl,
    remove: () => Promise<void>,
  ) {
    this.around = around
    this.sandbox = sandbox
    this.#control = control
    this.#remove = remove
  }

  /** So fast that nothing in it takes a second. */
  static async start(speed = 20_000): Promise<Sandboxed> {
    const { home, remove } = await freshHome()
    const folder = join(home, '.azlin', 'sandbox')
    const { mkdir } = await import('node:fs/promises')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const sandbox = await startSandbox({ home: folder, speed })
    const control = await SandboxControl.connect(folder)
    if (!control) throw new Error('The sandbox does not answer.')
    const env = { AZLIN_CLOUD: 'sandbox', AZLIN_POLL_INTERVAL_MS: '20' }
    return new Sandboxed({ home, env }, sandbox, control, remove)
  }

  run(...args: string[]): Promise<Ended> {
    return azlin(args, this.around)
  }

  /** The JSON result of a command that must succeed. */
  async ok<T>(...args: string[]): Promise<T> {
    const ended = await this.run(...args, '--json')
    if (ended.code !== 0)
      throw new Error(`azlin ${args.join(' ')} ended with ${ended.code}: ${ended.stdout}${ended.stderr}`)
    return documentOf<T>(ended)
  }

  begin(...args: string[]): Running {
    return start(args, this.around)
  }

  fault(fault: FaultRequest): Promise<Fault> {
    return this.#control.addFault(fault)
  }

  clearFaults(): Promise<void> {
    return this.#control.clearFaults()
  }

  /** Whether a fault has hit a request. */
  get struck(): boolean {
    return this.sandbox.faults.list().some(({ hits }) => hits > 0)
  }

  async advance(days: number): Promise<void> {
    await this.#control.advance(days * 86_400_000)
  }

  /** What changed something, as `PUT /path`. */
  async changes(): Promise<string[]> {
    const requests = await this.#control.requests()
    return requests
      .filter(({ method }) => !['GET', 'HEAD'].includes(method))
      .map(({ method, path }) => `${method} ${path}`)
  }

  async requests(): Promise<number> {
    return (await this.#control.requests()).length
  }

  /** Names of what there is of a type, as in `Microsoft.Compute/snapshots`. */
  names(type: string): string[] {
    return this.sandbox.world.list(type).map(({ name }) => name)
  }

  async stop(): Promise<void> {
    await this.sandbox.close()
    await this.#remove()
  }
}
