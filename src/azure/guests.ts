/** A look into a running VM: commands through Run Command, and what its serial console said. */
import type { RunCommandInput, RunCommandResult } from '@azure/arm-compute'
import type { OsType, VmRef } from '../core/domain/machine.js'
import type { Guests } from '../core/ports/drill-azure.js'
import type { Calls, Seen } from './calls.js'
import type { Clients } from './clients.js'
import { submitted } from './compute-poller.js'
import { isFields } from './error-body.js'
import { taskOf } from './resources.js'

/** The link that the log is read by; it is used at once. */
const linkMinutes = 5

export class AzureGuests implements Guests {
  readonly #clients: Clients
  readonly #calls: Calls

  constructor(clients: Clients, calls: Calls) {
    this.#clients = clients
    this.#calls = calls
  }

  async run(vm: VmRef, os: OsType, script: readonly string[], minutes: number, signal: AbortSignal): Promise<string> {
    const commandId = os === 'Windows' ? 'RunPowerShellScript' : 'RunShellScript'
    const body: RunCommandInput = { commandId, script: [...script] }
    const { value, output } = await this.#calls.operate<RunCommandResult | undefined>(
      {
        task: taskOf('running a command in', 'VM', vm),
        minutes,
        // One script at a time: another one's end is waited for.
        passing: /^(Conflict|OperationPreempted)$/i,
        start: async (options) => {
          const { virtualMachines } = await this.#clients.compute()
          return submitted(virtualMachines.runCommand(vm.resourceGroup, vm.name, body, options))
        },
        // What a script printed is told once; nothing else shows it.
        look: async (): Promise<Seen<RunCommandResult | undefined>> => 'absent',
      },
      signal,
    )
    return outputOf(value?.value ? value : isFields(output) ? output : {})
  }

  async bootLog(vm: VmRef, lines: number, signal: AbortSignal): Promise<readonly string[] | undefined> {
    const task = taskOf('reading the boot log of', 'VM', vm)
    const uri = await this.#calls.find(task, signal, async (options) => {
      const { virtualMachines } = await this.#clients.compute()
      const { serialConsoleLogBlobUri } = await virtualMachines.retrieveBootDiagnosticsData(vm.resourceGroup, vm.name, {
        ...options,
        sasUriExpirationTimeInMinutes: linkMinutes,
      })
      return serialConsoleLogBlobUri
    })
    if (!uri) return undefined
    const text = await this.#calls.find(task, signal, (options) => this.#clients.download(uri, options.abortSignal))
    return text === undefined ? undefined : lastLines(text, lines)
  }
}

/** Linux puts both streams into one message, Windows gives one entry each; either way the words come last. */
function outputOf({ value = [] }: RunCommandResult): string {
  return value
    .map(({ message = '' }) => message)
    .filter((message) => message !== '')
    .join('\n')
}

/** Without the escape codes of a boot screen, and without lines that hold nothing. */
function lastLines(text: string, count: number): readonly string[] {
  return text
    .split(/\r\n|\n|\r/)
    .map((line) =>
      line
        .replaceAll(/\p{Cc}\[[0-9;?]*[A-Za-z]/gu, '')
        .replaceAll(/\p{Cc}/gu, ' ')
        .trimEnd(),
    )
    .filter((line) => line !== '')
    .slice(-count)
}
