import { type DrillRequest, needsRunCommand } from '../domain/drill.js'

/** Actions that a drill takes, as Azure's roles name them. */
export function drillActions(request: DrillRequest): readonly string[] {
  const compute = ['disks/write', 'disks/delete', 'virtualMachines/write', 'virtualMachines/delete']
  const network = ['networkInterfaces/write', 'networkInterfaces/delete', 'networkInterfaces/join/action']
  if (request.subnetId === undefined)
    network.push(
      'virtualNetworks/write',
      'virtualNetworks/delete',
      'virtualNetworks/subnets/join/action',
      'networkSecurityGroups/write',
      'networkSecurityGroups/delete',
      'networkSecurityGroups/join/action',
    )
  if (request.sshSource !== undefined)
    network.push('publicIPAddresses/write', 'publicIPAddresses/delete', 'publicIPAddresses/join/action')
  if (needsRunCommand(request)) compute.push('virtualMachines/runCommand/action')
  const group =
    request.testResourceGroup === undefined
      ? [
          'Microsoft.Resources/subscriptions/resourceGroups/write',
          'Microsoft.Resources/subscriptions/resourceGroups/delete',
        ]
      : []
  return [
    ...compute.map((action) => `Microsoft.Compute/${action}`),
    ...network.map((action) => `Microsoft.Network/${action}`),
    ...group,
  ]
}
