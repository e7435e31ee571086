import { type Json, objectAt } from '../network/json.js'

/** What Azure fills in where a machine from an image leaves it out. Passwords and custom data are never given back. */
export function filledOsProfile(sent: Json, osType: unknown): Json {
  const { adminPassword: _password, customData: _data, ...osProfile } = sent
  const windows = {
    windowsConfiguration: {
      provisionVMAgent: true,
      enableAutomaticUpdates: true,
      patchSettings: { patchMode: 'AutomaticByOS', assessmentMode: 'ImageDefault' },
      enableVMAgentPlatformUpdates: true,
      ...objectAt(sent, 'windowsConfiguration'),
    },
  }
  const linux = {
    linuxConfiguration: {
      disablePasswordAuthentication: false,
      provisionVMAgent: true,
      ...objectAt(sent, 'linuxConfiguration'),
    },
  }
  return {
    ...osProfile,
    ...(osType === 'Windows' ? windows : linux),
    secrets: [],
    allowExtensionOperations: true,
    requireGuestProvisionSignal: true,
  }
}
