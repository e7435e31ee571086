import type { FastifyInstance } from 'fastify'
import { blobRoutes } from './blob/routes.js'
import { bootDiagnosticsRoutes } from './compute/boot-diagnostics.js'
import { computeRoutes } from './compute/routes.js'
import { addGroups } from './groups.js'
import { addLocks } from './locks.js'
import { networkRoutes } from './network/routes.js'
import { addResources } from './resources.js'
import type { AddRoute, Sandbox } from './routes.js'
import { addSubscriptions } from './subscriptions.js'

/** Everything that the embedded Azure answers. */
export function addParts(app: FastifyInstance, route: AddRoute, sandbox: Sandbox): void {
  addSubscriptions(route)
  addGroups(route, sandbox)
  addLocks(route, sandbox.world)
  addResources(route, sandbox)
  for (const provider of ['Microsoft.Compute', 'Microsoft.Network']) {
    for (const segment of ['operations', 'operationResults', 'DiskOperations']) {
      const path = `/subscriptions/:subscription/providers/${provider}/locations/:location/${segment}/:operation`
      route('GET', path, (call) => sandbox.operations.answer(call))
    }
  }
  computeRoutes(route, sandbox)
  networkRoutes(route, sandbox)
  blobRoutes(app, sandbox)
  bootDiagnosticsRoutes(app, sandbox)
}
