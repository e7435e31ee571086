import { seconds } from '../durations.js'
import { ArmError, invalidParameter, notAllowed } from '../errors.js'
import type { ScriptOutcome } from '../guest/script.js'
import { type Json, listAt, textAt, textsAt } from '../network/json.js'
import { reachesAzure } from '../network/reach.js'
import type { Resource } from '../resource.js'
import type { Answer, Call, Sandbox } from '../routes.js'
import { accepted } from './accepted.js'

/** Of the output of a script, counted from its end. */
const keptBytes = 4096
const busy = new WeakSet<Resource>()

/** A script in the guest. It ends well however the script ends, and never while the guest cannot hand over its output. */
export function runCommand(sandbox: Sandbox, machine: Resource, { body }: Call): Answer {
  const { world } = sandbox
  const commandId = textAt(body, 'commandId') ?? ''
  if (!['RunShellScript', 'RunPowerShellScript'].includes(commandId)) {
    throw invalidParameter(`The value '${commandId}' of parameter 'commandId' is not supported.`, 'commandId')
  }
  if (machine.hidden.power?.code !== 'running') {
    throw notAllowed('The operation requires the VM to be running (or set to run).')
  }
  if (busy.has(machine)) {
    throw new ArmError(
      409,
      'Conflict',
      'Run command extension execution is in progress. Please wait for completion before invoking a run command.',
    )
  }
  const { agentFrom } = machine.hidden.power
  const answers = agentFrom !== undefined && reachesAzure(world, machine)
  const wait = agentFrom === undefined ? 0 : Math.max(0, Date.parse(agentFrom) - world.now().getTime())
  const powershell = commandId === 'RunPowerShellScript'
  let outcome: ScriptOutcome | undefined
  busy.add(machine)
  const urls = sandbox.operations.begin({
    provider: 'Compute',
    segment: 'operations',
    location: machine.location,
    seconds: answers ? (wait / 1000) * world.clock.speed + seconds.runCommand : seconds.runCommandMost,
    lostAtRestart: true,
    ...(answers
      ? {
          work: async () => {
            const parameters = listAt(body, 'parameters').map((one) => ({
              name: textAt(one, 'name') ?? '',
              value: textAt(one, 'value') ?? '',
            }))
            const text = textsAt(body, 'script').join('\n')
            await new Promise<void>((resolve) => world.after((wait / 1000) * world.clock.speed, resolve))
            outcome = await sandbox.guests.run(machine, { text, parameters, powershell })
          },
        }
      : { failWith: noAnswer(machine) }),
    finish: () => {
      busy.delete(machine)
      if (!outcome) throw noAnswer(machine)
      return { value: powershell ? twoParts(outcome) : onePart(outcome) }
    },
    failed: () => void busy.delete(machine),
  })
  return accepted(urls)
}

function noAnswer({ name }: Resource): ArmError {
  return new ArmError(
    409,
    'VMExtensionProvisioningTimeout',
    `Provisioning of VM extension RunCommand has timed out. Extension provisioning has taken too long to complete. The extension did not report a message. VM: ${name}.`,
  )
}

/** Linux: both streams in one message. */
function onePart({ stdout, stderr }: ScriptOutcome): Json[] {
  const text = Buffer.concat([stdout, Buffer.from('\n[stderr]\n'), stderr]).subarray(-keptBytes)
  const message = `Enable succeeded: \n[stdout]\n${text.toString('utf8')}`
  return [{ code: 'ProvisioningState/succeeded', level: 'Info', displayStatus: 'Provisioning succeeded', message }]
}

/** Windows: one for each stream. */
function twoParts(outcome: ScriptOutcome): Json[] {
  return (['StdOut', 'StdErr'] as const).map((name) => ({
    code: `ComponentStatus/${name}/succeeded`,
    level: 'Info',
    displayStatus: 'Provisioning succeeded',
    message: outcome[name === 'StdOut' ? 'stdout' : 'stderr'].subarray(-keptBytes).toString('utf8'),
  }))
}
