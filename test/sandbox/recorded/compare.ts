import type { Answer } from './conversation.js'

/** What a comparison leaves out, each with its reason (which nobody reads but who wonders). */
export type Allowances = Readonly<Record<string, string>>

/** Headers whose presence must be the same. Their values are URLs, times and counters. */
const presence = ['azure-asyncoperation', 'location', 'etag', 'x-ms-failure-cause']
/** Keys whose values say what state a thing is in, so that they must be equal and not only of one type. */
const telling = new Set([
  'code',
  'status',
  'provisioningState',
  'diskState',
  'createOption',
  'snapshotAccessState',
  'completionPercent',
  'level',
  'displayStatus',
])
/** Keys that must be missing where Azure's answer lacks them: clients decide by their absence. */
const meaningfulAbsence = ['timeCreated', 'diskSizeBytes', 'uniqueId', 'diskState', 'completionPercent', 'output']

/** Where an answer differs from the recorded one, in words; nothing when it is as true as we can tell. */
export function differences(recorded: Answer, given: Answer, allowed: Allowances = {}): string[] {
  const found: string[] = []
  if (given.status !== recorded.status) found.push(`status: ${recorded.status} recorded, ${given.status} given`)
  for (const header of presence) {
    if (header in recorded.headers !== header in given.headers) {
      found.push(`header ${header}: ${header in recorded.headers ? 'missing' : 'not in the recording'}`)
    }
  }
  if ('retry-after' in recorded.headers && !('retry-after' in given.headers)) found.push('header retry-after: missing')
  compareValue('body', recorded.body, given.body, found)
  return found.filter((line) => !Object.keys(allowed).some((key) => line.startsWith(key)))
}

function compareValue(path: string, recorded: unknown, given: unknown, found: string[]): void {
  if (kindOf(recorded) !== kindOf(given)) {
    found.push(`${path}: ${kindOf(recorded)} recorded, ${kindOf(given)} given`)
  } else if (Array.isArray(recorded) && Array.isArray(given)) {
    compareLists(path, recorded, given, found)
  } else if (path.endsWith('.tags')) {
    // The keys are the user's.
  } else if (isObject(recorded) && isObject(given)) {
    for (const [key, value] of Object.entries(recorded)) {
      if (!(key in given)) found.push(`${path}.${key}: missing`)
      else if (telling.has(key) && !isObject(value) && value !== given[key]) {
        found.push(`${path}.${key}: ${JSON.stringify(value)} recorded, ${JSON.stringify(given[key])} given`)
      } else compareValue(`${path}.${key}`, value, given[key], found)
    }
    for (const key of meaningfulAbsence) {
      if (key in given && !(key in recorded)) found.push(`${path}.${key}: not in the recording`)
    }
  }
}

/** Elements are matched by name, or by place when they have none. */
function compareLists(path: string, recorded: readonly unknown[], given: readonly unknown[], found: string[]): void {
  recorded.forEach((element, index) => {
    const name = isObject(element) ? element['name'] : undefined
    const named = given.find((candidate) => isObject(candidate) && sameName(candidate['name'], name))
    const twin = typeof name === 'string' ? named : given[index]
    if (twin === undefined) found.push(`${path}[${typeof name === 'string' ? name : index}]: missing`)
    else compareValue(`${path}[${typeof name === 'string' ? name : index}]`, element, twin, found)
  })
}

function sameName(one: unknown, other: unknown): boolean {
  return typeof one === 'string' && typeof other === 'string' && one.toLowerCase() === other.toLowerCase()
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  return Array.isArray(value) ? 'list' : typeof value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
