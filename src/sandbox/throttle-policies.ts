/**
 * Which limits a request counts against. Sources: Resource Manager's request limits (token buckets of 2024), the
 * throttling limits of virtual machines, and headers of recorded answers for disks and snapshots.
 */
import type { Call } from './routes.js'
import type { BucketSize } from './token-bucket.js'

export interface Limit {
  /** As it stands in the header, like `reads` or `HighCostSnapshotCreateHydrate3Min`. */
  readonly name: string
  /** What has a bucket of its own: the subscription, or one machine. */
  readonly scope: string
  readonly size: BucketSize
  readonly kind: 'manager' | 'compute' | 'network'
}

const manager: Readonly<Record<'reads' | 'writes' | 'deletes', BucketSize>> = {
  reads: { capacity: 250, perMinute: 1500 },
  writes: { capacity: 200, perMinute: 600 },
  deletes: { capacity: 200, perMinute: 600 },
}
/** All principals of a subscription together may do fifteen times as much. */
export const globalFactor = 15

/** A window of so many minutes that allows so many requests. */
const window = (capacity: number, minutes: number): BucketSize => ({ capacity, perMinute: capacity / minutes })
const perMachine = {
  change: { capacity: 12, perMinute: 4 },
  get: { capacity: 36, perMinute: 12 },
  operation: { capacity: 45, perMinute: 15 },
}
const machines = {
  change: { capacity: 1500, perMinute: 500 },
  get: { capacity: 24_000, perMinute: 8000 },
  list: { capacity: 900, perMinute: 300 },
  operation: { capacity: 15_000, perMinute: 5000 },
}

/** `targetOf`: what an operation works on. */
export function limitsOf(
  { method, path }: Pick<Call, 'method' | 'path'>,
  targetOf: (operation: string) => string | undefined,
): Limit[] {
  const kind = method === 'DELETE' ? 'deletes' : method === 'GET' || method === 'HEAD' ? 'reads' : 'writes'
  const own: Limit = { name: kind, scope: '', size: manager[kind], kind: 'manager' }
  const [, provider, type, name, action] =
    /\/providers\/microsoft\.(compute|network)\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?/i.exec(path) ?? []
  if (type === undefined || /\/providers\/microsoft\.(resources|authorization)\//i.test(path)) return [own]
  if (provider?.toLowerCase() === 'network') return [own, networkLimit(kind)]
  const [, operation = ''] = /\/operations\/([^/]+)$/i.exec(path) ?? []
  const policy = computePolicies(type.toLowerCase(), { method, path, name, action, target: targetOf(operation) })
  return [own, ...policy.map((one): Limit => ({ scope: '', ...one, kind: 'compute' }))]
}

type Policy = Pick<Limit, 'name' | 'size'> & { readonly scope?: string }

interface Asked {
  readonly method: string
  readonly path: string
  readonly name: string | undefined
  readonly action: string | undefined
  /** Of the operation that is asked after. */
  readonly target: string | undefined
}

function computePolicies(type: string, { method, path, name, action, target }: Asked): Policy[] {
  const both = (policy: string, [short, long]: readonly [number, number]): Policy[] => [
    { name: `${policy}3Min`, size: window(short, 3) },
    { name: `${policy}30Min`, size: window(long, 30) },
  ]
  if (type === 'locations') {
    if (/\/diskoperations\//i.test(path)) return both('GetOperation', [50_000, 400_000])
    if (target === undefined) return []
    return [
      { name: 'GetVMOperationResource', scope: target.toLowerCase(), size: perMachine.operation },
      { name: 'GetVMOperationSubscription', size: machines.operation },
    ]
  }
  if (type === 'disks' || type === 'snapshots') {
    if (method === 'GET') return both('LowCostGet', [15_000, 120_000])
    if (action !== undefined || (type === 'snapshots' && method === 'PUT')) {
      return both('HighCostSnapshotCreateHydrate', [1000, 8000])
    }
    return method === 'DELETE' ? both('DeleteDisks', [3000, 25_000]) : both('CreateUpdateDisks', [3000, 25_000])
  }
  if (type !== 'virtualmachines') return []
  if (name === undefined) return [{ name: 'GetVMList', size: machines.list }]
  const [policy, sort] = machinePolicy(method, action?.toLowerCase())
  const machine = path.toLowerCase().split('/').slice(0, 9).join('/')
  return [
    { name: `${policy}Resource`, scope: machine, size: perMachine[sort] },
    { name: `${policy}Subscription`, size: machines[sort] },
  ]
}

function machinePolicy(method: string, action: string | undefined): [name: string, sort: 'change' | 'get'] {
  if (method === 'GET') return ['GetVM', 'get']
  if (method === 'PUT' && action === undefined) return ['PutVM', 'change']
  return method === 'DELETE' || action === 'deallocate' ? ['DeleteVM', 'change'] : ['UpdateVM', 'change']
}

function networkLimit(kind: 'reads' | 'writes' | 'deletes'): Limit {
  const size = window(kind === 'reads' ? 10_000 : 1000, 5)
  return { name: `network-${kind === 'reads' ? 'reads' : 'writes'}`, scope: '', size, kind: 'network' }
}
