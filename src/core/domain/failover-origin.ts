/** The tag on a VM that was made by a failover: whose place it took. Failing back needs nothing else. */
import type { VmRef } from './machine.js'
import { decodeFields, encodeFields, type TagMap, tagOf } from './tag-text.js'

const failoverTag = 'azlin:failover-of'

/** Names of VMs and groups are short enough: 64 and 90 characters of Azure's. */
export function originTags({ name, resourceGroup }: VmRef): TagMap {
  return { [failoverTag]: encodeFields({ vm: name, rg: resourceGroup }) }
}

export function originIn(tags: TagMap): VmRef | undefined {
  const fields = decodeFields(tagOf(tags, failoverTag) ?? '')
  const [name, resourceGroup] = [fields.get('vm'), fields.get('rg')]
  return name && resourceGroup ? { name, resourceGroup } : undefined
}
