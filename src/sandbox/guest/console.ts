/** What a machine said on its serial console since it was switched on. */
import { textAt } from '../network/json.js'
import type { Resource } from '../resource.js'
import type { World } from '../world.js'

export function serialLog(world: World, { name, hidden }: Resource): string {
  const { power } = hidden
  if (power?.code !== 'running') return ''
  const first = [
    hidden['generation'] === 'V1' ? 'SeaBIOS (version 1.16.1)' : 'UEFI firmware (version 2.70)',
    'Booting from Hard Disk...',
  ]
  const failure = textAt(hidden, 'bootFailure')
  if (failure !== undefined && !failure.startsWith('Kernel')) return lines([...first, failure])
  const kernel = [
    '[    0.000000] Linux version 6.8.0-1015-azure (buildd@lcy02-amd64-080)',
    '[    0.000000] Hyper-V: Host Build 10.0.26100.1',
    '[    1.482913] hv_netvsc eth0: VF slot 1 added',
  ]
  if (failure !== undefined) return lines([...first, ...kernel, `[    2.914407] ${failure}`])
  if (power.sshFrom !== undefined && world.now() < new Date(power.sshFrom)) return lines([...first, ...kernel])
  return lines([
    ...first,
    ...kernel,
    '[  OK  ] Started OpenBSD Secure Shell server.',
    '[  OK  ] Reached target Multi-User System.',
    '',
    `Ubuntu 22.04.5 LTS ${name} ttyS0`,
    '',
    `${name} login: `,
  ])
}

/** As a serial line writes them. */
function lines(all: readonly string[]): string {
  return all.join('\r\n')
}
