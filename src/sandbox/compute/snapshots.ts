import { ArmError } from '../errors.js'
import { objectAt, same } from '../network/json.js'
import type { Resource } from '../resource.js'
import type { AddRoute, Call, Sandbox } from '../routes.js'
import { tagsOf } from '../tags.js'
import { become, giveUpBecoming, willBecome } from './becoming.js'
import { breakOff, isCopying, reviewCopies } from './copy-progress.js'
import { bytesPerGiB, sizeGB, snapshotType, withoutComputed } from './disk-model.js'
import { type Change, diskRoutes, firstAnswer, type Place } from './disk-routes.js'
import { shownSnapshot } from './disk-view.js'
import { changedEncryption } from './encryption.js'
import { newSnapshot, snapshotSku } from './snapshot-create.js'

export function addSnapshots(route: AddRoute, sandbox: Sandbox): void {
  const { world } = sandbox
  diskRoutes(route, sandbox, {
    type: snapshotType,
    word: 'snapshot',
    show: (snapshot) => shownSnapshot(world, snapshot, { progress: true }),
    output: (snapshot) => shownSnapshot(world, snapshot, { progress: false }),
    create: (call, place) => createSnapshot(sandbox, call, place),
    update: (snapshot, call) => updateSnapshot(sandbox, snapshot, call),
    checkFree: () => undefined,
    gone: (snapshot) => breakCopiesOf(sandbox, snapshot),
  })
}

function createSnapshot(sandbox: Sandbox, call: Call, { id, name, location }: Place): Change {
  const { world, faults } = sandbox
  const tags = tagsOf(call.body)
  const { skuName, properties, hidden } = newSnapshot(sandbox, call, location)
  const snapshot = world.put({
    id,
    name,
    type: snapshotType,
    location,
    ...(tags && { tags }),
    sku: { name: skuName },
    properties: { ...properties, provisioningState: 'Updating' },
    hidden,
  })
  if (hidden.copy || hidden.arrival) reviewCopies(world, faults)
  // The moment of the data is now; when the operation ends is only when Azure says so.
  const taken = world.stamp()
  return {
    resource: snapshot,
    finish: () => {
      snapshot.properties = {
        ...snapshot.properties,
        timeCreated: taken,
        diskSizeBytes: sizeGB(snapshot) * bytesPerGiB,
        uniqueId: world.uuid(),
        provisioningState: settledState(snapshot),
      }
    },
    failed: () => world.remove(snapshot.id),
    first: firstAnswer(snapshot, call),
  }
}

function updateSnapshot({ world }: Sandbox, snapshot: Resource, call: Call): Change {
  const { body, method } = call
  const sent = objectAt(body, 'properties')
  const tags = tagsOf(body)
  if (method === 'PUT' && 'incremental' in sent && sent['incremental'] !== snapshot.properties['incremental']) {
    throw new ArmError(409, 'PropertyChangeNotAllowed', "Changing property 'incremental' is not allowed.")
  }
  const sku = snapshotSku(body, snapshot.location, snapshot.properties['incremental'] === true)
  const encryption = changedEncryption(world, snapshot, sent)
  const before = snapshot.properties
  snapshot.properties = { ...before, provisioningState: 'Updating' }
  const { diskSizeGB: _size, incremental: _kind, ...changes } = withoutComputed(sent)
  const change = willBecome(snapshot, {
    properties: { ...changes, ...encryption },
    ...(sku !== undefined && { sku }),
    ...((tags || method === 'PUT') && { tags: tags ?? null }),
  })
  return {
    resource: snapshot,
    finish: () => {
      become(world, snapshot, change)
      snapshot.properties = { ...snapshot.properties, provisioningState: settledState(snapshot) }
    },
    failed: () => {
      giveUpBecoming(snapshot, change)
      snapshot.properties = { ...snapshot.properties, provisioningState: settledState(snapshot) }
    },
    first: firstAnswer(snapshot, call, before),
  }
}

/** One that failed while its data were to come stays so, whatever else is done with it. */
function settledState({ hidden }: Resource): string {
  return hidden.arrival?.failure ? 'Failed' : 'Succeeded'
}

function breakCopiesOf({ world }: Sandbox, snapshot: Resource): void {
  for (const copy of world.list(snapshotType)) {
    if (!copy.hidden.copy || !same(copy.hidden.copy.sourceId, snapshot.id) || !isCopying(world, copy)) continue
    breakOff(world, copy, `The source snapshot '${snapshot.id}' of the copy was not found.`)
  }
}
