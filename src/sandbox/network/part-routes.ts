/** Subnets of a network and rules of a security group: parts that also have URLs of their own. */
import { ArmError } from '../errors.js'
import type { Resource } from '../resource.js'
import { type AddRoute, type Answer, type Call, inGroup, ok, type Sandbox } from '../routes.js'
import { type Json, listAt, objectAt, same, textAt } from './json.js'
import type { Kind, Wanted } from './kind.js'
import type { Refusal } from './refusal.js'
import { beginRemoval, checkEtag, checkIdle, existing, newEtag, setState, storeMade } from './resource-routes.js'

/** What kind of part it is, and how its whole is made anew with other parts. */
export interface PartKind {
  readonly whole: Kind
  /** Both the key in the properties of the whole and the segment in the path. */
  readonly key: string
  readonly make: (wanted: Wanted, parts: readonly Json[]) => ReturnType<Kind['make']>
  readonly held: (sandbox: Sandbox, part: Json) => Refusal | undefined
}

export function partRoutes(route: AddRoute, sandbox: Sandbox, part: PartKind): void {
  const all = `${inGroup('Microsoft.Network', part.whole.type)}/:name/${part.key}`
  const one = `${all}/:part`
  route('GET', all, (call) => ok({ value: shownParts(sandbox, part, existing(sandbox, part.whole, call)) }))
  route('GET', one, (call) => {
    const whole = existing(sandbox, part.whole, call)
    const found = shownParts(sandbox, part, whole).find(({ name }) =>
      same(textAt({ name }, 'name'), call.params['part']),
    )
    if (!found) throw new ArmError(404, 'NotFound', `Resource ${partId(whole, part, call)} not found.`)
    return { status: 200, headers: { etag: whole.etag ?? '' }, body: found }
  })
  route('PUT', one, (call) => putPart(sandbox, part, call))
  route('DELETE', one, (call) => deletePart(sandbox, part, call))
}

function putPart(sandbox: Sandbox, part: PartKind, call: Call): Answer {
  const whole = parentOf(sandbox, part, call)
  checkEtag(call, whole)
  const name = call.params['part'] ?? ''
  const parts = listAt(whole.properties, part.key)
  const isNew = !parts.some((other) => same(textAt(other, 'name'), name))
  const sent = { name, properties: objectAt(call.body, 'properties') }
  const after = isNew ? [...parts, sent] : parts.map((other) => (same(textAt(other, 'name'), name) ? sent : other))
  const answer = remake(sandbox, part, whole, after)
  const remade = existing(sandbox, part.whole, call)
  const shown = shownParts(sandbox, part, remade).find((other) => same(textAt(other, 'name'), name)) ?? {}
  const body = isNew
    ? { ...shown, properties: { ...objectAt(shown, 'properties'), provisioningState: 'Updating' } }
    : shown
  return { ...answer, status: isNew ? 201 : 200, body }
}

function deletePart(sandbox: Sandbox, part: PartKind, call: Call): Answer {
  const whole = parentOf(sandbox, part, call)
  const name = call.params['part']
  const parts = listAt(whole.properties, part.key)
  const gone = parts.find((other) => same(textAt(other, 'name'), name))
  if (!gone) return { status: 204 }
  const refusal = part.held(sandbox, gone)
  if (refusal) throw ArmError.of(refusal)
  setState(whole, 'Updating')
  whole.hidden.losing = { key: part.key, name: String(name) }
  const headers = beginRemoval(sandbox, {
    resource: whole,
    seconds: 4,
    finish: () => {
      const now = sandbox.world.get(whole.id)
      if (!now) return
      losePart(now)
      setState(now, 'Succeeded')
      now.etag = newEtag(sandbox)
    },
    failed: () => {
      delete whole.hidden.losing
      setState(whole, 'Succeeded')
    },
  })
  return { status: 202, headers }
}

/** The end of a part's deletion. */
export function losePart(whole: Resource): void {
  const { losing } = whole.hidden
  delete whole.hidden.losing
  if (!losing) return
  const left = listAt(whole.properties, losing.key).filter((part) => !same(textAt(part, 'name'), losing.name))
  whole.properties = { ...whole.properties, [losing.key]: left }
}

function remake(sandbox: Sandbox, part: PartKind, whole: Resource, parts: readonly Json[]): Answer {
  const { id, name, location, properties, tags } = whole
  const body: Json = { location, properties }
  const wanted = { world: sandbox.world, id, name, location, body, etag: newEtag(sandbox), before: whole }
  return storeMade(sandbox, part.whole, {
    make: (all) => part.make(all, parts),
    wanted,
    part: true,
    ...(tags && { tags }),
  })
}

function parentOf(sandbox: Sandbox, part: PartKind, call: Call): Resource {
  const whole = existing(sandbox, part.whole, call)
  checkIdle(whole)
  return whole
}

function shownParts({ world }: Sandbox, part: PartKind, whole: Resource): Json[] {
  return listAt(objectAt(part.whole.show(world, whole), 'properties'), part.key)
}

function partId(whole: Resource, part: PartKind, { params }: Call): string {
  return `${whole.id}/${part.key}/${params['part']}`
}
