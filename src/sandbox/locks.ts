import { ArmError } from './errors.js'
import { objectAt, textAt } from './network/json.js'
import type { Resource } from './resource.js'
import { type AddRoute, type Answer, type Call, ok } from './routes.js'
import { scopes } from './scopes.js'
import type { World } from './world.js'

const type = 'Microsoft.Authorization/locks'
const suffix = `/providers/${type}`

export function addLocks(route: AddRoute, world: World): void {
  for (const scope of scopes) {
    route('GET', `${scope}${suffix}`, (call) => ok({ value: locksFor(world, scopeOf(call.path)).map(shown) }))
    route('GET', `${scope}${suffix}/:lock`, ({ path }) => ok(shown(existing(world, path))))
    route('PUT', `${scope}${suffix}/:lock`, (call) => putLock(world, call))
    route('DELETE', `${scope}${suffix}/:lock`, ({ path }) => {
      const lock = world.get(path)
      if (!lock) return { status: 204 }
      world.remove(lock.id)
      return { status: 200 }
    })
  }
}

/** Refuses what a lock on the path, above it, or (for a deletion) below it forbids. */
export function checkLocks(world: World, { method, path }: { method: string; path: string }): void {
  if (method === 'GET' || method === 'HEAD' || path.toLowerCase().includes(suffix.toLowerCase())) return
  const kind = method === 'DELETE' ? 'delete' : 'write'
  const locks = locksFor(world, path).filter((lock) => {
    const forbids = kind === 'delete' || textAt(lock.properties, 'level') === 'ReadOnly'
    return forbids && (kind === 'delete' || covers(scopeOf(lock.id), path))
  })
  if (locks.length === 0) return
  const scope = world.get(path)?.id ?? path
  const locked = [...new Set(locks.map((lock) => scopeOf(lock.id)))].join(',')
  throw new ArmError(
    409,
    'ScopeLocked',
    `The scope '${scope}' cannot perform ${kind} operation because following scope(s) are locked: '${locked}'. Please remove the lock and try again.`,
  )
}

/** At the scope, inherited from above, and below it. */
function locksFor(world: World, scope: string): Resource[] {
  return world.list(type).filter((lock) => covers(scopeOf(lock.id), scope) || covers(scope, scopeOf(lock.id)))
}

function covers(outer: string, inner: string): boolean {
  const [one, other] = [outer.toLowerCase(), inner.toLowerCase()]
  return one === other || other.startsWith(`${one}/`)
}

function scopeOf(path: string): string {
  return path.slice(0, path.toLowerCase().lastIndexOf(suffix.toLowerCase()))
}

function existing(world: World, path: string): Resource {
  const lock = world.get(path)
  if (lock) return lock
  throw new ArmError(404, 'LockNotFound', `The lock '${path.split('/').at(-1)}' could not be found.`)
}

function putLock(world: World, { path, params, body }: Call): Answer {
  const level = textAt(objectAt(body, 'properties'), 'level') ?? ''
  if (!['CanNotDelete', 'ReadOnly'].includes(level)) {
    throw new ArmError(400, 'InvalidLockLevel', `The lock level '${level}' is invalid.`)
  }
  const notes = textAt(objectAt(body, 'properties'), 'notes')
  const old = world.get(path)
  const properties = { level, ...(notes !== undefined && { notes }) }
  const id = old?.id ?? path
  const lock = world.put({ id, name: params['lock'] ?? '', type, location: 'global', properties, hidden: {} })
  return { status: old ? 200 : 201, body: shown(lock) }
}

function shown({ properties, id, name }: Resource) {
  return { properties, id, type, name }
}
