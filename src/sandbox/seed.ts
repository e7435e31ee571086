import { groupId, groupType } from './groups.js'
import type { Sandbox } from './routes.js'

export function seedWorld({ world }: Sandbox): void {
  const group = { id: groupId('demo-rg'), name: 'demo-rg', type: groupType, location: 'westus2' }
  world.put({ ...group, properties: { provisioningState: 'Succeeded' }, hidden: {} })
}
