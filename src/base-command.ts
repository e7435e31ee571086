/** What every command has in common: its flags, Ctrl-C, the report of progress, and the question before a deletion. */
import { setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { Command, Flags, type Interfaces } from '@oclif/core'
import type { Azlin, Lanes, RecordsNeed } from './compose.js'
import type { VmRef } from './core/domain/machine.js'
import { validResourceGroup, validVmName } from './core/domain/validation.js'
import { AzlinError, type Stoppable } from './core/errors.js'
import { exitCodes } from './exit-codes.js'
import { resolveSettings, type Settings, stateFolder } from './settings/settings.js'
import { Progress } from './terminal/progress.js'
import { ask, canAsk } from './terminal/prompt.js'
import { explainParsing, wantsJson } from './usage.js'

const azureFlags = {
  'resource-group': Flags.string({
    char: 'g',
    aliases: ['rg'],
    helpGroup: 'AZURE',
    helpValue: '<group>',
    summary: 'Resource group of the VM; also --rg. [env: AZLIN_RESOURCE_GROUP]',
  }),
  subscription: Flags.string({
    helpGroup: 'AZURE',
    helpValue: '<id>',
    summary: 'Subscription to work in. [env: AZURE_SUBSCRIPTION_ID]',
  }),
  cloud: Flags.string({
    helpGroup: 'AZURE',
    helpValue: '<name>',
    summary: 'AzureCloud (default), AzureUSGovernment, AzureChinaCloud or sandbox. [env: AZLIN_CLOUD]',
  }),
  verbose: Flags.boolean({
    helpGroup: 'GLOBAL',
    summary: 'Show each request to Azure: method, path, status, milliseconds, correlation id.',
  }),
}

const leaving = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** For commands that delete or overwrite. */
export const yesFlag = Flags.boolean({
  default: false,
  char: 'y',
  aliases: ['force'],
  summary: 'Do it without asking; also --force.',
})

export type { Azlin }
export type AzureFlags = Interfaces.InferredFlags<typeof azureFlags>

/** DECLINED when the answer is no. `--yes` answers without asking. */
interface Word {
  ask(explanation: string): Promise<void>
}

/** A command that talks to nobody: its process, its flags, its words. */
export abstract class AzlinCommand extends Command {
  static override enableJsonFlag = true

  readonly #stop = new AbortController()
  #progress: Progress | undefined

  /** The first Ctrl-C asks the work to stop and clean up; the second leaves at once, which the journal survives. */
  readonly #interrupt = (by: NodeJS.Signals): void => {
    if (this.#stop.signal.aborted) this.#leave(by)
    // First the word, then the deed: what is stopped speaks up at once.
    this.notice('Stopping and putting things in order. Press Ctrl-C again to leave now.')
    this.#stop.abort(new AzlinError('INTERRUPTED', { by, during: this.during }))
  }

  #leave(by: NodeJS.Signals): never {
    const error = new AzlinError('INTERRUPTED', { by: `${by}, twice`, during: 'leaving' })
    if (this.jsonEnabled()) this.logJson({ error })
    else this.notice(`Error: ${error.message}\n${error.hint}`)
    process.exit(exitCodes.INTERRUPTED)
  }

  /** What is stopped by Ctrl-C, where more is to be said of it than that what was temporary is gone. */
  protected readonly during: Stoppable | undefined

  protected get signal(): AbortSignal {
    return this.#stop.signal
  }

  protected override async init(): Promise<void> {
    await super.init()
    setMaxListeners(0, this.#stop.signal)
    for (const signal of leaving) process.on(signal, this.#interrupt)
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    for (const signal of leaving) process.off(signal, this.#interrupt)
    this.#progress?.stop()
    // What was finished by then is printed, and what would have come after it was not done.
    if (this.#stop.signal.aborted) process.exitCode = exitCodes.INTERRUPTED
    await super.finally(error)
  }

  /** Only `main` prints failures: one form for those of commands and for mistyped commands. */
  protected override catch(error: Error): Promise<never> {
    const stopped = this.#stop.signal.aborted
    return Promise.reject(stopped && !AzlinError.is(error) ? this.#stop.signal.reason : error)
  }

  override jsonEnabled(): boolean {
    return wantsJson(this.argv)
  }

  protected override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, undefined, 2)}\n`)
  }

  protected override async parse<
    F extends Interfaces.OutputFlags<F>,
    B extends Interfaces.OutputFlags<B>,
    A extends Interfaces.OutputArgs<A>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    try {
      return await super.parse<F, B, A>(options, argv)
    } catch (error) {
      const { flags, baseFlags } = this.ctor
      throw explainParsing(error, this.words, [...Object.keys({ ...flags, ...baseFlags }), 'json', 'help'])
    }
  }

  /** The command as typed: `backup trigger`. */
  protected get words(): string {
    return (this.id ?? '').replaceAll(':', ' ')
  }

  /** Standard output and the live display of progress must not write over each other. */
  override log(message = ''): void {
    this.#progress?.stop()
    super.log(message)
  }

  /**
   * The user's word for something that deletes or overwrites. Asked for first thing: without a terminal to ask at,
   * and without --yes, the command ends here (CONFIRMATION_NEEDED) and nothing is sent.
   */
  protected word(action: string, { yes }: { readonly yes: boolean }): Word {
    if (!yes && !canAsk()) throw new AzlinError('CONFIRMATION_NEEDED', { action })
    return {
      ask: async (explanation) => {
        if (yes) return
        this.#progress?.stop()
        this.notice(explanation)
        if (!(await ask('Go on?', action, this.signal))) throw new AzlinError('DECLINED', { action })
      },
    }
  }

  protected get progress(): Progress {
    this.#progress ??= new Progress(process.stderr, {
      quiet: this.jsonEnabled(),
      verbose: this.argv.includes('--verbose'),
    })
    return this.#progress
  }

  /** Without what stands on the same screen already, said beside the work. */
  protected unsaid(notes: readonly string[]): readonly string[] {
    const isOneScreen = process.stdout.isTTY && process.stderr.isTTY
    return isOneScreen ? notes.filter((note) => !this.progress.told.has(note)) : notes
  }

  protected misused(problem: string): AzlinError {
    return new AzlinError('USAGE', { problem, command: this.words })
  }

  /** What the reader should know and a script need not: standard error, in every mode. */
  protected notice(text: string): void {
    this.#progress?.stop()
    process.stderr.write(`${text}\n`)
  }
}

/** Checks a flag that may be left out. */
export function given(
  value: string | undefined,
  check: (value: string, what: string) => string,
  what: string,
): string | undefined {
  return value === undefined ? undefined : check(value, what)
}

async function checkedSettings(flags: AzureFlags): Promise<Settings> {
  const settings = await resolveSettings(flags)
  if (settings.resourceGroup !== undefined) validResourceGroup(settings.resourceGroup)
  return settings
}

/** A command that talks to Azure. */
export abstract class AzureCommand extends AzlinCommand {
  static override baseFlags = azureFlags
  #settings: Promise<Settings> | undefined

  protected settings(flags: AzureFlags): Promise<Settings> {
    const settings = this.#settings ?? checkedSettings(flags)
    this.#settings = settings
    return settings
  }

  /** Connects core to Azure; nothing is sent yet. Settings that are missing or wrong are refused here. */
  protected async open(flags: AzureFlags, need: RecordsNeed = 'none', lanes: Lanes = {}): Promise<Azlin> {
    const settings = await this.settings(flags)
    const { compose } = await import('./compose.js')
    return compose(settings, need, { signal: this.signal, report: this.progress.report }, lanes)
  }

  /** A VM of the resource group that the flag, the environment or the configuration names. */
  protected async vm(name: string, flags: AzureFlags): Promise<VmRef> {
    return { name: validVmName(name), resourceGroup: await this.group(flags) }
  }

  /** One that is named twice is one. */
  protected async vms(names: readonly string[] | undefined, flags: AzureFlags): Promise<readonly VmRef[]> {
    const distinct = new Map((names ?? []).map((name) => [name.toLowerCase(), name]))
    return Promise.all([...distinct.values()].map((name) => this.vm(name, flags)))
  }

  /** SETTING_MISSING when no resource group is named anywhere. */
  protected async group(flags: AzureFlags): Promise<string> {
    const { resourceGroup } = await this.settings(flags)
    if (resourceGroup !== undefined) return resourceGroup
    const where = { flag: '-g', env: 'AZLIN_RESOURCE_GROUP', key: 'default_resource_group' }
    throw new AzlinError('SETTING_MISSING', { setting: 'resource group', ...where })
  }
}

/** A command that steers the embedded Azure. */
export abstract class SandboxCommand extends AzlinCommand {
  static override baseFlags = { verbose: azureFlags.verbose }

  /** Where the sandbox keeps its world, its certificates and connection.json. */
  protected get folder(): string {
    return join(stateFolder(), 'sandbox')
  }

  protected notRunning(): AzlinError {
    return new AzlinError('SANDBOX_NOT_RUNNING', { home: stateFolder() })
  }
}
