import { seconds } from '../durations.js'
import { invalidParameter, notAllowed, resourceNotFound } from '../errors.js'
import { existingGroup, writableGroup } from '../groups.js'
import { isObject, type Json, objectAt, textAt } from '../network/json.js'
import { page } from '../pages.js'
import { normalRegion } from '../regions.js'
import type { Resource } from '../resource.js'
import { type AddRoute, type Answer, type Call, inGroup, ok, type Sandbox } from '../routes.js'
import { tagsOf } from '../tags.js'
import { principalId } from '../tokens.js'
import { tenantId } from '../world.js'
import { accepted } from './accepted.js'
import { encryptionSetType, usersOfSet } from './encryption.js'
import { checkDiskName, locationConflict } from './names.js'

const path = inGroup('Microsoft.Compute', 'diskEncryptionSets')
const pageSize = 100
const kinds = ['EncryptionAtRestWithCustomerKey', 'EncryptionAtRestWithPlatformAndCustomerKeys']

export function addEncryptionSets(route: AddRoute, sandbox: Sandbox): void {
  const { world, removal } = sandbox
  const list = (call: Call) => {
    const group = call.params['group']
    if (group !== undefined) existingGroup(world, group)
    return page(world.list(encryptionSetType, group), call, { url: sandbox.url(), size: pageSize, show: shown })
  }
  route('GET', path, list)
  route('GET', '/subscriptions/:subscription/providers/Microsoft.Compute/diskEncryptionSets', list)
  route('GET', `${path}/:name`, ({ path: id, params }) => {
    existingGroup(world, params['group'])
    const set = world.get(id)
    if (!set) throw resourceNotFound(`${encryptionSetType}/${params['name']}`, params['group'] ?? '')
    return ok(shown(set))
  })
  route('PUT', `${path}/:name`, (call) => putSet(sandbox, call))
  route('DELETE', `${path}/:name`, ({ path: id, params }) => {
    existingGroup(world, params['group'])
    const set = world.get(id)
    if (!set) return { status: 204 }
    checkUnused(sandbox, set)
    return begin(sandbox, set, () => {
      checkUnused(sandbox, set)
      world.remove(set.id)
      return undefined
    })
  })
  removal.register(encryptionSetType, (set) => {
    checkUnused(sandbox, set)
    world.remove(set.id)
  })
}

function putSet(sandbox: Sandbox, { params, body, path: id }: Call): Answer {
  const { world } = sandbox
  const group = writableGroup(world, params['group'])
  const name = params['name'] ?? ''
  checkDiskName(name)
  const location = normalRegion(textAt(body, 'location') ?? '')
  const old = world.get(id)
  if (old && old.location !== location) throw locationConflict(name, encryptionSetType, old.location, location)
  const tags = tagsOf(body)
  const set: Resource = world.put({
    id: old?.id ?? `${group.id}/providers/${encryptionSetType}/${name}`,
    name: old?.name ?? name,
    type: encryptionSetType,
    location,
    ...(tags && { tags }),
    identity: identityOf(body),
    properties: { ...propertiesOf(body), provisioningState: 'Updating' },
    hidden: {},
  })
  return begin(
    sandbox,
    set,
    () => {
      set.properties = { ...set.properties, provisioningState: 'Succeeded' }
      return shown(set)
    },
    shown(set),
  )
}

function identityOf(body: Json): Json {
  const type = textAt(body['identity'], 'type')
  if (type === undefined || type === 'None') {
    throw invalidParameter("Required parameter 'identity' is missing (null).", 'identity')
  }
  return { ...objectAt(body, 'identity'), principalId, tenantId }
}

function propertiesOf(body: Json): Json {
  const sent = objectAt(body, 'properties')
  const keyUrl = textAt(sent['activeKey'], 'keyUrl') ?? ''
  if (!isObject(sent['activeKey']) || !/^https:\/\/[^/]+\/keys\/[^/]+(\/[^/]+)?$/.test(keyUrl)) {
    throw invalidParameter("Required parameter 'activeKey.keyUrl' is missing or no URL of a key.", 'activeKey.keyUrl')
  }
  const encryptionType = textAt(sent, 'encryptionType') ?? 'EncryptionAtRestWithCustomerKey'
  if (!kinds.includes(encryptionType)) {
    throw invalidParameter(
      `The value '${encryptionType}' of parameter 'encryptionType' is not supported.`,
      'encryptionType',
    )
  }
  return { rotationToLatestKeyVersionEnabled: false, ...sent, encryptionType }
}

function checkUnused({ world }: Sandbox, set: Resource): void {
  const [user] = usersOfSet(world, set.id)
  if (user === undefined) return
  throw notAllowed(`Disk encryption set '${set.name}' cannot be deleted because it is in use by '${user}'.`)
}

function begin({ operations }: Sandbox, set: Resource, finish: () => Json | undefined, body?: Json): Answer {
  const urls = operations.begin({
    provider: 'Compute',
    segment: 'DiskOperations',
    location: set.location,
    target: set.id,
    seconds: seconds.disk,
    finish,
  })
  return accepted(urls, body)
}

function shown({ id, name, type, location, tags, identity, properties }: Resource): Json {
  return { id, name, type, location, ...(tags && { tags }), ...(identity && { identity }), properties }
}
