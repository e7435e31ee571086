/** A sandbox for one test file, with the real clients of the Azure SDK pointed at it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ComputeManagementClient } from '@azure/arm-compute'
import { ResourceManagementClient } from '@azure/arm-resources'
import type { TokenCredential } from '@azure/core-auth'
import { type RunningSandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server.js'
import { Reached } from './reached.js'

/** Polls come at once; what the server asks for is rounded down to nothing at this speed. */
export const quick = { updateIntervalInMs: 5 }
const speed = 2000

export class Running extends Reached {
  readonly sandbox: RunningSandbox
  readonly home: string
  readonly compute: ComputeManagementClient
  readonly resources: ResourceManagementClient
  readonly credential: TokenCredential

  private constructor(home: string, sandbox: RunningSandbox) {
    super(sandbox)
    this.home = home
    this.sandbox = sandbox
    this.credential = { getToken: () => this.token() }
    const tlsOptions = this.trust
    const retryOptions = { maxRetries: 0 }
    const { url, subscriptionId } = sandbox
    const cloudSetting = 'AZURE_PUBLIC_CLOUD'
    this.compute = new ComputeManagementClient(this.credential, subscriptionId, {
      cloudSetting,
      endpoint: url,
      tlsOptions,
      retryOptions,
    })
    this.resources = new ResourceManagementClient(this.credential, subscriptionId, {
      endpoint: url,
      tlsOptions,
      retryOptions,
    })
  }

  static async start(options: Partial<SandboxOptions> = {}): Promise<Running> {
    const home = options.home ?? mkdtempSync(join(tmpdir(), 'azlin-sandbox-'))
    return new Running(home, await startSandbox({ speed, ...options, home }))
  }

  /** Stops and removes it. */
  async end(): Promise<void> {
    await this.sandbox.close()
    rmSync(this.home, { recursive: true })
  }
}

/** What a promise was refused with, or undefined when it was not. */
export async function refusal(
  work: Promise<unknown>,
): Promise<{ statusCode?: number; code?: string; message: string }> {
  try {
    await work
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('it was not refused')
}
