/** Microsoft.Compute as far as backups need it. */
import { normalRegion } from '../regions.js'
import { type AddRoute, ok, type Sandbox } from '../routes.js'
import { addAccess } from './access.js'
import { addDisks } from './disks.js'
import { addEncryptionSets } from './encryption-sets.js'
import { addMachines } from './machines.js'
import { resourceSkus } from './skus.js'
import { addSnapshots } from './snapshots.js'
import { shownUsages } from './usages.js'

export function computeRoutes(route: AddRoute, sandbox: Sandbox): void {
  const path = '/subscriptions/:subscription/providers/Microsoft.Compute'
  route('GET', `${path}/skus`, ({ query }) => ok({ value: resourceSkus(sandbox.faults, query['$filter']) }))
  route('GET', `${path}/locations/:location/usages`, ({ params }) => {
    return ok({ value: shownUsages(sandbox, normalRegion(params['location'] ?? '')) })
  })
  addDisks(route, sandbox)
  addSnapshots(route, sandbox)
  addAccess(route, sandbox)
  addEncryptionSets(route, sandbox)
  addMachines(route, sandbox)
}
