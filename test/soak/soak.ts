/**
 * Drills in a row while Azure misbehaves: 5 % of requests are answered 429, 2 % 5xx, 1 % lose their connection. Prints
 * how many succeeded and what was left; ends with 1 below the target. Argument: how many drills.
 */
import pLimit from 'p-limit'
import type { Drill } from '../../src/core/domain/drill.js'
import { successRate } from '../../src/core/domain/success-rate.js'
import { AzlinError } from '../../src/core/errors.js'
import type { FaultRequest } from '../../src/sandbox/faults.js'
import { db, leftovers, ready, trusted, usual, web } from '../core/drills/support.js'
import { endServer } from '../support/core-on-sandbox.js'

const count = Number(process.argv[2] ?? 1000)
const target = 99.9
const atOnce = 4
const everyMs = 15_000

/** Of requests to Resource Manager. */
const path = '^/subscriptions/'
const trouble: readonly FaultRequest[] = [
  {
    kind: 'status',
    status: 429,
    code: 'TooManyRequests',
    message: 'slow down',
    retryAfter: 1,
    path,
    probability: 0.05,
  },
  { kind: 'status', status: 500, code: 'InternalServerError', message: 'oops', path, probability: 0.01 },
  { kind: 'status', status: 503, code: 'ServiceUnavailable', message: 'later', path, probability: 0.01 },
  { kind: 'drop', when: 'before', path, probability: 0.005 },
  { kind: 'drop', when: 'during', path, probability: 0.005 },
  { kind: 'drop', when: 'after', path, probability: 0.005 },
]

const core = await ready(web, db, trusted)
for (const fault of trouble) core.sandbox.faults.add(fault)
const begun = performance.now()
const ended: Pick<Drill, 'outcome'>[] = []
const failures = new Map<string, number>()
const telling = setInterval(() => tell(`${ended.length} of ${count}`), everyMs)

const limit = pLimit(atOnce)
const vms = [web, db, trusted]
await Promise.all(
  Array.from({ length: count }, (_, i) =>
    limit(async () => {
      core.events.length = 0
      ended.push(await drill(i))
    }),
  ),
)
clearInterval(telling)

const struck = core.sandbox.faults.list().reduce((sum, { hits }) => sum + hits, 0)
core.sandbox.faults.clear()
const left = [...leftovers(core), ...(await core.records.journal.list()).map(({ resourceId }) => resourceId)]
const { successRate: rate, lowerBound, succeeded, total } = successRate(ended)
console.log(
  `\n${succeeded} of ${total} drills succeeded: ${rate?.toFixed(2)} % (95 % sure of more than ${lowerBound?.toFixed(2)} %)`,
)
console.log(
  `${struck} requests were hit; ${left.length} leftovers; ${((performance.now() - begun) / 1000).toFixed(0)} s`,
)
for (const [reason, times] of failures) console.log(`  ${times} x ${reason}`)
for (const id of left) console.log(`  left: ${id}`)
await core.close()
await endServer()
process.exitCode = rate !== null && rate >= target && left.length === 0 ? 0 : 1

async function drill(i: number): Promise<Pick<Drill, 'outcome'>> {
  const vm = vms[i % vms.length] ?? web
  try {
    const done = await core.drills.test({ ...usual, vm }, core.run())
    if (done.outcome !== 'succeeded') fail(`${done.errorCode}: ${done.errorMessage} ${done.left.join(' ')}`)
    return done
  } catch (error) {
    fail(AzlinError.is(error) ? `${error.code}: ${error.message}` : String(error))
    return { outcome: 'failed' }
  }
}

function fail(reason: string): void {
  failures.set(reason, (failures.get(reason) ?? 0) + 1)
}

function tell(text: string): void {
  console.log(`${((performance.now() - begun) / 1000).toFixed(0)} s: ${text}, ${failures.size} kinds of failure`)
}
