import { seconds } from '../durations.js'
import { invalidParameter, notAllowed } from '../errors.js'
import { textAt } from '../network/json.js'
import type { Resource } from '../resource.js'
import type { Answer, Call, Sandbox } from '../routes.js'
import { accepted } from './accepted.js'

/** There is no guest here: the script is taken, nothing is run, and its output is empty. */
export function runCommand(sandbox: Sandbox, machine: Resource, { body }: Call): Answer {
  const commandId = textAt(body, 'commandId') ?? ''
  if (!['RunShellScript', 'RunPowerShellScript'].includes(commandId)) {
    throw invalidParameter(`The value '${commandId}' of parameter 'commandId' is not supported.`, 'commandId')
  }
  if (machine.hidden.power?.code !== 'running') {
    throw notAllowed('The operation requires the VM to be running (or set to run).')
  }
  const urls = sandbox.operations.begin({
    provider: 'Compute',
    segment: 'operations',
    location: machine.location,
    seconds: seconds.runCommand,
    lostAtRestart: true,
    finish: () => ({
      value: [
        {
          code: 'ProvisioningState/succeeded',
          level: 'Info',
          displayStatus: 'Provisioning succeeded',
          message: 'Enable succeeded: \n[stdout]\n\n[stderr]\n',
        },
      ],
    }),
  })
  return accepted(urls)
}
