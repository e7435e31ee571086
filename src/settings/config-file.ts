import { readFileSync } from 'node:fs'
import { AzlinError } from '../core/errors.js'

export interface Config {
  readonly subscription?: string
  readonly default_resource_group?: string
  readonly cloud?: string
  readonly arm_endpoint?: string
  readonly poll_interval_ms?: string | number
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
    const reason = `${line === undefined ? '' : `line ${line}: `}${message.split('\n')[0]}`
    throw new AzlinError('CONFIG_UNREADABLE', { file, reason }, { cause: error })
  }
  for (const [key, value] of Object.entries(table))
    if (['string', 'number'].includes(typeof value) === false && keys.includes(key))
      throw new AzlinError('CONFIG_UNREADABLE', { file, reason: `${key} is not a text or a number` })
  return Object.fromEntries(Object.entries(table).filter(([key]) => keys.includes(key)))
}

const keys: readonly string[] = ['subscription', 'default_resource_group', 'cloud', 'arm_endpoint', 'poll_interval_ms']

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new AzlinError('CONFIG_UNREADABLE', { file, reason: code === 'EISDIR' ? 'it is a folder' : message })
  }
}
