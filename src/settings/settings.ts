/**
 * Where azlin talks to and as whom, from flag, environment, config.toml, default: in
 * that order. Everything is checked here, before anything is sent.
 */
import { homedir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { AzlinError } from '../core/errors.js'
import { readConfig } from './config-file.js'
import { checkProxy } from './proxy.js'
import { readSandboxConnection, type SandboxConnection } from './sandbox-connection.js'

export const cloudNames = ['AzureCloud', 'AzureUSGovernment', 'AzureChinaCloud', 'sandbox'] as const
export type CloudName = (typeof cloudNames)[number]

export interface Settings {
  /** The state folder. */
  readonly home: string
  readonly cloud: CloudName
  readonly subscriptionId: string
  /** Absent when none is set anywhere; many commands need one. */
  readonly resourceGroup: string | undefined
  readonly armEndpoint: string | undefined
  readonly pollIntervalMs: number
  /** The disk encryption set for copies to a region, by the region's name. */
  readonly encryptionSets: Readonly<Record<string, string>>
  readonly sandbox: SandboxConnection | undefined
}

export interface SettingFlags {
  readonly subscription?: string | undefined
  readonly 'resource-group'?: string | undefined
  readonly cloud?: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

const usualPollMs = 2000
/** The sandbox is next door and quick. */
const sandboxPollMs = 100
const longestPollMs = 600_000

/** `AZLIN_HOME`, or `.azlin` in the user's home. */
export function stateFolder(env: Environment = process.env): string {
  return env['AZLIN_HOME'] ? resolve(env['AZLIN_HOME']) : join(usersHome(), '.azlin')
}

/** An empty HOME would put the folder wherever one happens to stand; a user of a container may have none at all. */
function usersHome(): string {
  try {
    return homedir() || userInfo().homedir
  } catch (cause) {
    const why = 'it is not set, and this user has no home folder'
    throw new AzlinError(
      'INVALID_INPUT',
      { what: 'HOME', value: '', why, example: 'AZLIN_HOME=/var/lib/azlin' },
      { cause },
    )
  }
}

/** INVALID_INPUT, SETTING_MISSING, CONFIG_UNREADABLE, SANDBOX_NOT_RUNNING. */
export async function resolveSettings(flags: SettingFlags, env: Environment = process.env): Promise<Settings> {
  refuseEmpty(flags)
  const home = stateFolder(env)
  const config = await readConfig(join(home, 'config.toml'))
  const cloud = cloudNamed(first(flags.cloud, env['AZLIN_CLOUD'], config.cloud) ?? 'AzureCloud')
  const sandbox = cloud === 'sandbox' ? readSandboxConnection(home) : undefined

  const subscription = first(flags.subscription, env['AZURE_SUBSCRIPTION_ID'], config.subscription)
  const group = first(flags['resource-group'], env['AZLIN_RESOURCE_GROUP'], config.default_resource_group)
  const endpoint = first(env['AZLIN_ARM_ENDPOINT'], config.arm_endpoint)
  checkProxy(env, sandbox !== undefined || endpoint !== undefined)
  const poll = first(env['AZLIN_POLL_INTERVAL_MS'], config.poll_interval_ms)
  return {
    home,
    cloud,
    // The sandbox has one subscription; a real one's id, set for daily work, means nothing there.
    subscriptionId:
      sandbox && flags.subscription === undefined ? sandbox.subscriptionId : subscriptionNamed(subscription),
    resourceGroup: group ?? sandbox?.resourceGroup,
    armEndpoint: sandbox ? sandbox.url : endpoint === undefined ? undefined : endpointNamed(endpoint),
    pollIntervalMs: poll === undefined ? (sandbox ? sandboxPollMs : usualPollMs) : pollNamed(poll),
    encryptionSets: config.encryptionSets ?? {},
    sandbox,
  }
}

/** `-g "$GROUP"` with an empty variable is a slip: it must not fall back to some other group. */
function refuseEmpty(flags: SettingFlags): void {
  const examples = {
    subscription: '00000000-0000-0000-0000-000000000000',
    'resource-group': 'demo-rg',
    cloud: 'sandbox',
  }
  for (const flag of ['subscription', 'resource-group', 'cloud'] as const)
    if (flags[flag]?.trim() === '') {
      const example = `--${flag} ${examples[flag]}`
      throw new AzlinError('INVALID_INPUT', { what: `--${flag}`, value: '', why: 'it is empty', example })
    }
}

/** An empty variable is as good as none: that is how a shell unsets one for a command. */
function first(...values: readonly (string | number | undefined)[]): string | undefined {
  const found = values.find((value) => value !== undefined && String(value).trim() !== '')
  return found === undefined ? undefined : String(found).trim()
}

function cloudNamed(value: string): CloudName {
  const known = cloudNames.find((name) => name.toLowerCase() === value.toLowerCase())
  if (known) return known
  const why = `it is one of ${cloudNames.join(', ')}`
  throw new AzlinError('INVALID_INPUT', { what: 'Cloud', value, why, example: '--cloud AzureCloud' })
}

function subscriptionNamed(value: string | undefined): string {
  const where = { flag: '--subscription', env: 'AZURE_SUBSCRIPTION_ID', key: 'subscription' }
  if (value === undefined) throw new AzlinError('SETTING_MISSING', { setting: 'subscription', ...where })
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) return value
  const why = 'it is the id of a subscription, a GUID'
  const example = '--subscription 00000000-0000-0000-0000-000000000000'
  throw new AzlinError('INVALID_INPUT', { what: 'Subscription', value, why, example })
}

function endpointNamed(value: string): string {
  const refused = (why: string) => {
    // A password in it is not for the screen.
    const shown = value.replace(/\/\/[^/]*@/, '//…@')
    const example = 'AZLIN_ARM_ENDPOINT=https://management.local.example'
    return new AzlinError('INVALID_INPUT', { what: 'Resource Manager endpoint', value: shown, why, example })
  }
  if (!URL.canParse(value)) throw refused('it is a URL')
  const { protocol, username, password, search, hash } = new URL(value)
  if (protocol !== 'https:') throw refused('it begins with https://, or a token could be read on its way')
  if (username + password + search + hash !== '') throw refused('it holds no user, no password and no query')
  return value.replace(/\/+$/, '')
}

function pollNamed(value: string): number {
  const ms = Number(value)
  if (/^\d+$/.test(value) && ms <= longestPollMs) return ms
  const why = `it is a whole number of milliseconds from 0 to ${longestPollMs}`
  throw new AzlinError('INVALID_INPUT', { what: 'Poll interval', value, why, example: 'AZLIN_POLL_INTERVAL_MS=5000' })
}
