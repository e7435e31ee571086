import { readFileSync } from 'node:fs'
import { AzlinError } from '../core/errors.js'
import { distance } from '../nearest.js'

const keys = ['subscription', 'default_resource_group', 'cloud', 'arm_endpoint', 'poll_interval_ms'] as const
type Key = (typeof keys)[number]
/** Letters by which a slip differs from what was meant. */
const slips = 2

export type Config = Readonly<Partial<Record<Key, string | number>>> & {
  /** Disk encryption sets by region: `[disk_encryption_sets]`, ARM ids. */
  readonly encryptionSets?: Readonly<Record<string, string>>
}

/** `config.toml` of the state folder; one that is not there is empty. CONFIG_UNREADABLE names file and line. */
export async function readConfig(file: string): Promise<Config> {
  const text = textOf(file)
  if (text === undefined) return {}
  const { parse } = await import('smol-toml')
  let table: Readonly<Record<string, unknown>>
  try {
    table = parse(text)
  } catch (error) {
    const { line, message } = error as { line?: number; message: string }
    throw unreadable(file, line, message.split('\n')[0] ?? '', error)
  }
  refuseMistyped(table, text, file)
  const config: Partial<Record<Key, string | number>> & { encryptionSets?: Record<string, string> } = {}
  const sets = table['disk_encryption_sets']
  if (sets !== undefined) config.encryptionSets = encryptionSets(sets, file)
  for (const key of keys) {
    const value = table[key]
    if (typeof value === 'string' || typeof value === 'number') config[key] = value
    else if (value !== undefined) throw unreadable(file, lineOf(key, text), `${key} is not a text or a number`)
  }
  return config
}

/** What other programs keep in the file is theirs; but a slip would send a command to another cloud, or another group. */
function refuseMistyped(table: Readonly<Record<string, unknown>>, text: string, file: string): void {
  const known = [...keys, 'disk_encryption_sets']
  for (const key of Object.keys(table)) {
    const meant = known.includes(key) ? undefined : known.find((one) => distance(key.toLowerCase(), one) <= slips)
    if (meant) throw unreadable(file, lineOf(key, text), `${key} is no setting of azlin. Did you mean ${meant}?`)
  }
}

function encryptionSets(table: unknown, file: string): Record<string, string> {
  const entries = typeof table === 'object' && table !== null ? Object.entries(table) : []
  const sets = entries.map(([region, id]): [string, string] => {
    if (typeof id === 'string' && encryptionSetId.test(id)) return [region.replaceAll(' ', '').toLowerCase(), id]
    throw unreadable(file, undefined, `disk_encryption_sets.${region} is not the resource id of a disk encryption set`)
  })
  return Object.fromEntries(sets)
}

const encryptionSetId =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft.Compute\/diskEncryptionSets\/[^/]+$/i

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    const plain: Record<string, string> = { EISDIR: 'it is a folder', EACCES: 'this user may not open it' }
    throw unreadable(file, undefined, plain[code ?? ''] ?? message, error)
  }
}

/** Counted from 1. */
function lineOf(key: string, text: string): number | undefined {
  const index = text.split('\n').findIndex((line) => {
    const from = line.trimStart().replace(/^["'[]/, '')
    return from.startsWith(key) && /^["'\]]?\s*(?:=|$)/.test(from.slice(key.length))
  })
  return index < 0 ? undefined : index + 1
}

function unreadable(file: string, line: number | undefined, why: string, cause?: unknown): AzlinError {
  const reason = line === undefined ? why : `line ${line}: ${why}`
  return new AzlinError('CONFIG_UNREADABLE', { file, reason }, { cause })
}
