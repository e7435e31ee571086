import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One request with Azure's answer, as the recordings hold them. */
export interface Step {
  readonly request: { readonly method: string; readonly url: string; readonly body: unknown }
  readonly response: Answer
}

export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Null when there was none. */
  readonly body: unknown
}

export const recordingsFolder = join(process.cwd(), '..', 'shared', 'azure-recordings')

/** The recordings are handed out beside the repository, not with it. */
export function haveRecordings(): boolean {
  return existsSync(recordingsFolder)
}

export function conversation(name: string): readonly Step[] {
  return JSON.parse(readFileSync(join(recordingsFolder, `${name}.json`), 'utf8')) as Step[]
}

/** True for the URLs of long-running operations, of which a replay polls its own. */
export function isPoll(step: Step): boolean {
  return step.request.method === 'GET' && /\/(disk)?operations(results)?\/|\/operationresults\//i.test(step.request.url)
}
