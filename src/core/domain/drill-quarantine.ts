/**
 * The network that a restored machine is shut into. It is a clone of production: its jobs, mail and agents must not
 * reach the world, and nobody may reach it but the check that was chosen.
 */

export interface SecurityRule {
  readonly name: string
  readonly direction: 'Inbound' | 'Outbound'
  readonly access: 'Allow' | 'Deny'
  /** 100 to 4096; the lowest number that matches decides. */
  readonly priority: number
  readonly protocol: 'Tcp' | '*'
  /** A CIDR, a service tag such as `AzureCloud`, or `*`. */
  readonly source: string
  readonly destination: string
  /** One port, or `*`. */
  readonly port: string
}

export interface Openings {
  /** Run Command hands its result over at 443 of Azure's public addresses (Run Command's limits). */
  readonly runCommand: boolean
  /** Who may reach port 22. */
  readonly sshSource: string | undefined
  /** Machines of one plan may speak to each other; there is nobody else in their network. */
  readonly amongThemselves: boolean
}

/** Nothing leads out of it, so it may be the same for every drill. */
export const quarantinePrefix = '10.254.0.0/24'

export function quarantineRules({ runCommand, sshSource, amongThemselves }: Openings): readonly SecurityRule[] {
  const rules: SecurityRule[] = []
  if (sshSource !== undefined)
    rules.push({ ...open, name: 'ssh-in', direction: 'Inbound', priority: 100, source: sshSource, port: '22' })
  if (runCommand)
    rules.push({
      ...open,
      name: 'run-command-out',
      direction: 'Outbound',
      priority: 110,
      destination: 'AzureCloud',
      port: '443',
    })
  if (amongThemselves)
    for (const direction of ['Inbound', 'Outbound'] as const)
      rules.push({
        ...open,
        name: `plan-${direction.toLowerCase()}`,
        direction,
        priority: 200,
        protocol: '*',
        source: quarantinePrefix,
        destination: quarantinePrefix,
      })
  for (const direction of ['Inbound', 'Outbound'] as const)
    rules.push({
      ...open,
      name: `deny-${direction.toLowerCase()}`,
      direction,
      priority: 4096,
      protocol: '*',
      access: 'Deny',
    })
  return rules
}

const open = { access: 'Allow', protocol: 'Tcp', source: '*', destination: '*', port: '*' } as const
