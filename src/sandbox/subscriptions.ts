import { ArmError } from './errors.js'
import { regions } from './regions.js'
import { type AddRoute, ok } from './routes.js'
import { subscriptionId, tenantId } from './world.js'

const subscription = {
  id: `/subscriptions/${subscriptionId}`,
  authorizationSource: 'RoleBased',
  managedByTenants: [],
  subscriptionId,
  tenantId,
  displayName: 'azlin sandbox',
  state: 'Enabled',
  subscriptionPolicies: {
    locationPlacementId: 'Public_2014-09-01',
    quotaId: 'PayAsYouGo_2014-09-01',
    spendingLimit: 'Off',
  },
}

const types: Readonly<Record<string, readonly string[]>> = {
  'Microsoft.Compute': ['virtualMachines', 'disks', 'snapshots', 'locations/operations', 'locations/usages', 'skus'],
  'Microsoft.Network': ['virtualNetworks', 'networkSecurityGroups', 'networkInterfaces', 'publicIPAddresses'],
  'Microsoft.Resources': ['resourceGroups', 'tags'],
  'Microsoft.Authorization': ['locks', 'permissions'],
}

export function addSubscriptions(route: AddRoute): void {
  route('GET', '/tenants', () =>
    ok({ value: [{ id: `/tenants/${tenantId}`, tenantId, displayName: 'azlin sandbox' }] }),
  )
  route('GET', '/subscriptions', () => ok({ value: [subscription] }))
  route('GET', '/subscriptions/:subscription', () => ok(subscription))
  route('GET', '/subscriptions/:subscription/locations', () => ok({ value: regions.map(location) }))
  route('GET', '/subscriptions/:subscription/providers', () => ok({ value: Object.keys(types).map(provider) }))
  route('GET', '/subscriptions/:subscription/providers/:namespace', ({ params }) => ok(provider(params['namespace'])))
  route('POST', '/subscriptions/:subscription/providers/:namespace/register', ({ params }) =>
    ok(provider(params['namespace'])),
  )
}

/** Thrown for each path under another subscription than the one there is. */
export function checkSubscription(given: string | undefined): void {
  if (given === undefined || given.toLowerCase() === subscriptionId) return
  throw new ArmError(404, 'SubscriptionNotFound', `The subscription '${given}' could not be found.`)
}

function location({ name, displayName, pairedWith, geography, zones }: (typeof regions)[number]) {
  const id = `${subscription.id}/locations/${name}`
  const mapping = ['1', '2', '3'].map((zone) => ({ logicalZone: zone, physicalZone: `${name}-az${zone}` }))
  return {
    id,
    name,
    type: 'Region',
    displayName,
    regionalDisplayName: `(${geography}) ${displayName}`,
    metadata: {
      regionType: 'Physical',
      regionCategory: zones ? 'Recommended' : 'Other',
      geography,
      pairedRegion: [{ name: pairedWith, id: `${subscription.id}/locations/${pairedWith}` }],
    },
    ...(zones && { availabilityZoneMappings: mapping }),
  }
}

function provider(namespace = '') {
  const name = Object.keys(types).find((known) => known.toLowerCase() === namespace.toLowerCase())
  if (name === undefined) {
    throw new ArmError(404, 'InvalidResourceNamespace', `The resource namespace '${namespace}' is invalid.`)
  }
  return {
    id: `${subscription.id}/providers/${name}`,
    namespace: name,
    registrationState: 'Registered',
    registrationPolicy: 'RegistrationRequired',
    resourceTypes: (types[name] ?? []).map((resourceType) => ({
      resourceType,
      locations: regions.map(({ displayName }) => displayName),
      apiVersions: ['2025-01-02', '2025-04-01', '2024-07-01', '2022-08-01', '2021-02-01'],
    })),
  }
}
