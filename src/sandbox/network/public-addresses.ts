import { digest } from '../image/pseudo-random.js'
import { formatAddress } from './addresses.js'
import { type Json, objectAt, textAt } from './json.js'

/** The properties of a public address. A static one has its number at once, a dynamic one when it is in use. */
export function publicAddress(
  { id, resourceGuid, sku }: { id: string; resourceGuid: string; sku: string },
  sent: Json,
): Json {
  const { ipConfiguration: _computed, ipAddress: _allotted, ...properties } = sent
  const method = textAt(sent, 'publicIPAllocationMethod') ?? (sku === 'Basic' ? 'Dynamic' : 'Static')
  const dns = objectAt(sent, 'dnsSettings')
  const label = textAt(dns, 'domainNameLabel')
  return {
    publicIPAddressVersion: 'IPv4',
    idleTimeoutInMinutes: 4,
    ipTags: [],
    ...properties,
    ...(label === undefined ? {} : { dnsSettings: { ...dns, fqdn: `${label}.sandbox.cloudapp.azure.com` } }),
    publicIPAllocationMethod: method,
    ...(method === 'Static' ? { ipAddress: documentationAddress(id) } : {}),
    provisioningState: 'Succeeded',
    resourceGuid,
  }
}

/** One of 203.0.113.0/24, which RFC 5737 keeps for examples: nothing answers there. */
export function documentationAddress(id: string): string {
  return formatAddress(203 * 2 ** 24 + 113 * 2 ** 8 + 1 + (digest(id.toLowerCase()).readUInt8(0) % 254))
}
