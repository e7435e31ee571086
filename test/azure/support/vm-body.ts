/** A VM as Azure would show it: Trusted Launch, a marketplace plan, an OS disk and two data disks. */
import { group } from './connected.js'

const compute = `${group}/providers/Microsoft.Compute`

export const disk = (name: string) => `${compute}/disks/${name}`

export const model = ({ os = 'os-old', data = 'data-old', etag = '"7"', provisioningState = 'Succeeded' } = {}) => ({
  id: `${compute.toUpperCase()}/virtualMachines/web`,
  name: 'web',
  location: 'westus2',
  zones: ['1'],
  etag,
  tags: { owner: 'x' },
  plan: { name: 'p', product: 'q', publisher: 'r' },
  resources: [{ id: 'an-extension' }],
  properties: {
    vmId: 'vm-id',
    provisioningState,
    hardwareProfile: { vmSize: 'Standard_D2s_v5' },
    osProfile: { computerName: 'web', adminUsername: 'me' },
    securityProfile: { securityType: 'TrustedLaunch', uefiSettings: { secureBootEnabled: true, vTpmEnabled: true } },
    storageProfile: {
      imageReference: { publisher: 'Canonical' },
      osDisk: {
        osType: 'Linux',
        name: os,
        createOption: 'FromImage',
        caching: 'ReadWrite',
        deleteOption: 'Delete',
        diskSizeGB: 30,
        managedDisk: { id: disk(os), storageAccountType: 'Premium_LRS' },
      },
      dataDisks: [
        { lun: 5, name: 'keep', createOption: 'Attach', managedDisk: { id: disk('keep') } },
        { lun: 0, name: data, createOption: 'Attach', deleteOption: 'Delete', managedDisk: { id: disk(data) } },
      ],
    },
    networkProfile: {
      networkInterfaces: [
        { id: '/n/second', properties: { primary: false } },
        { id: '/n/first', properties: { primary: true, deleteOption: 'Delete' } },
      ],
    },
  },
})
