import type { Running } from '../running.js'
import { type Allowances, differences } from './compare.js'
import { type Answer, isPoll, type Step } from './conversation.js'

const nobody = '00000000-0000-0000-0000-000000000000'

/** Polls with the clock moved between them, so that a replay takes no time and is the same each time. */
const pollSteps = [...Array<number>(20).fill(1_000), ...Array<number>(200).fill(30_000)]

/**
 * Sends what was sent to Azure to the sandbox instead, in the same order, and tells where the answers differ. Polls
 * go to the URLs that the sandbox gave; runs of equal polls count as one.
 */
export async function replay(running: Running, steps: readonly Step[], allowed: Allowances = {}): Promise<string[]> {
  const found: string[] = []
  let operation: Pick<Answer, 'headers'> = { headers: {} }
  for (const [index, step] of steps.entries()) {
    const { method, url, body } = step.request
    const next = steps[index + 1]
    if (isPoll(step) && next && isPoll(next) && sameAnswer(step.response, next.response)) continue
    let answer: Answer
    if (isPoll(step)) {
      const wantsResult = /monitor=true|operationresults/i.test(url)
      const target = operation.headers[wantsResult ? 'location' : 'azure-asyncoperation']
      if (target === undefined) {
        found.push(`step ${index}: nothing to poll`)
        continue
      }
      answer = await (isRunning(step.response) ? send(running, 'GET', target) : pollToEnd(running, target))
    } else {
      const etag = isRecord(body) ? body['etag'] : undefined
      const headers = typeof etag === 'string' ? { 'if-match': etag } : {}
      answer = await send(running, method, ours(running, url), { body: ours(running, body ?? undefined), headers })
      if ('location' in answer.headers || 'azure-asyncoperation' in answer.headers) operation = answer
    }
    for (const line of differences(step.response, answer, allowed)) {
      found.push(`step ${index} ${method} ${url.split('?')[0]?.split('/').slice(-2).join('/')}: ${line}`)
    }
  }
  return found
}

/** The subscription of the recordings is all zeros. */
export function ours<T>(running: Running, value: T): T {
  if (value === undefined) return value
  return JSON.parse(JSON.stringify(value).replaceAll(nobody, running.sandbox.subscriptionId)) as T
}

export async function send(
  running: Running,
  method: string,
  url: string,
  { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const answer = await running.raw(method, url, body, headers)
  return { ...answer, body: Object.keys(answer.body).length === 0 ? null : answer.body }
}

/** For what a recording takes for granted: sends it, waits for its end, and throws when it was refused. */
export async function prepare(running: Running, method: string, url: string, body?: unknown): Promise<Answer> {
  const answer = await send(running, method, url, { body })
  if (answer.status >= 300) throw new Error(`${method} ${url}: ${JSON.stringify(answer.body)}`)
  const target = answer.headers['azure-asyncoperation']
  return target === undefined ? answer : pollToEnd(running, target)
}

async function pollToEnd(running: Running, target: string): Promise<Answer> {
  for (const ms of pollSteps) {
    const answer = await send(running, 'GET', target)
    if (!isRunning(answer)) return answer
    running.sandbox.world.advance(ms)
  }
  throw new Error(`The operation did not end: ${target}`)
}

function isRunning({ status, body }: Answer): boolean {
  return status === 202 || (isRecord(body) && body['status'] === 'InProgress')
}

function sameAnswer(one: Answer, other: Answer): boolean {
  return isRunning(one) && isRunning(other)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
