import { ArmError } from './errors.js'
import { capacityCodes, type FaultKind, type FaultRequest, sshTroubles } from './faults.js'
import { imageTroubles } from './image/content.js'
import { isObject, type Json } from './network/json.js'
import { regions } from './regions.js'

type Check = (value: unknown) => boolean

const text: Check = (value) => typeof value === 'string' && value !== ''
const count: Check = (value) => Number.isInteger(value) && Number(value) >= 0
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && words.includes(value)
const expression: Check = (value) => {
  try {
    return text(value) && new RegExp(String(value)) instanceof RegExp
  } catch {
    return false
  }
}

const region: Check = (value) => regions.some(({ name }) => name === value)
const texts: Check = (value) => Array.isArray(value) && value.every(text)
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)

/** What each kind of fault has to say. */
const wanted: Readonly<Record<FaultKind, Readonly<Record<string, Check>>>> = {
  status: { status: (value) => count(value) && Number(value) >= 400 && Number(value) < 600, code: text, message: text },
  drop: { when: oneOf('before', 'during', 'after') },
  shortRead: {},
  delay: { ms: count },
  failOperation: { code: text, message: text },
  failPolls: { polls: count },
  regionDown: { region },
  stallCopy: {},
  failCopy: { errorCode: text, message: text },
  throttle: { bucket: expression, capacity: count, perMinute: (value) => typeof value === 'number' && value > 0 },
  noBoot: {},
  noAgent: {},
  noGuest: { message: maybe(text) },
  noSsh: { how: maybe(oneOf(...sshTroubles)) },
  capacity: {
    code: oneOf(...capacityCodes),
    region: maybe(region),
    size: maybe(text),
    zone: maybe(text),
    restricted: maybe((value) => typeof value === 'boolean'),
  },
  quota: { region, name: text, limit: count },
  role: { actions: texts, notActions: maybe(texts) },
  content: { trouble: oneOf(...imageTroubles) },
}

/** What any of them may say. */
const allowed: Readonly<Record<string, Check>> = {
  method: expression,
  path: expression,
  times: count,
  after: count,
  retryAfter: count,
  percent: (value) => typeof value === 'number' && value >= 0 && value < 100,
  probability: (value) => typeof value === 'number' && value >= 0 && value <= 1,
}

/** Throws an ArmError for a fault that could never strike, or would break the sandbox itself. */
export function faultRequest(sent: unknown): FaultRequest {
  const fault: Json = isObject(sent) ? sent : {}
  const checks = Object.entries(wanted).find(([kind]) => kind === fault['kind'])?.[1]
  if (!checks) throw refused('kind', `one of ${Object.keys(wanted).join(', ')}`)
  for (const [key, check] of Object.entries(checks)) {
    if (!check(fault[key])) throw refused(key, `given, and fit for '${String(fault['kind'])}'`)
  }
  for (const [key, check] of Object.entries(allowed)) {
    if (fault[key] !== undefined && !check(fault[key])) throw refused(key, 'a value that can be used')
  }
  const odd = Object.keys(fault).find((key) => key !== 'kind' && !(key in checks) && !(key in allowed))
  if (odd !== undefined) throw refused(odd, 'left out: there is no such field')
  // Every field that its kind needs was looked at.
  return fault as unknown as FaultRequest
}

function refused(key: string, rule: string): ArmError {
  return new ArmError(400, 'BadRequest', `The fault cannot be used: '${key}' must be ${rule}.`)
}
