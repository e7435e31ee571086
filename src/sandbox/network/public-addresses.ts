import { type Json, objectAt, textAt } from './json.js'

/** The properties of a public address. A static one has its number at once, a dynamic one when it is in use. */
export function publicAddress(
  { address, resourceGuid, sku }: { address: string; resourceGuid: string; sku: string },
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
    ...(method === 'Static' ? { ipAddress: address } : {}),
    provisioningState: 'Succeeded',
    resourceGuid,
  }
}
