import { type Json, objectAt, textAt } from '../network/json.js'

const patches = { assessmentMode: 'ImageDefault' }
const defaults = {
  linuxConfiguration: {
    disablePasswordAuthentication: false,
    provisionVMAgent: true,
    patchSettings: { patchMode: 'ImageDefault', ...patches },
    enableVMAgentPlatformUpdates: true,
  },
  windowsConfiguration: {
    provisionVMAgent: true,
    enableAutomaticUpdates: true,
    patchSettings: { patchMode: 'AutomaticByOS', ...patches },
    enableVMAgentPlatformUpdates: true,
  },
}

/** As Azure keeps it: filled in by the recorded defaults, and without passwords and custom data. */
export function keptOsProfile(sent: Json, osType: string | undefined): Json {
  const { adminPassword: _password, customData: _data, ...osProfile } = sent
  const kind = osType === 'Windows' ? 'windowsConfiguration' : 'linuxConfiguration'
  return {
    secrets: [],
    allowExtensionOperations: true,
    requireGuestProvisionSignal: true,
    ...osProfile,
    [kind]: { ...defaults[kind], ...objectAt(sent, kind) },
  }
}

/** The version behind `latest`, which Azure adds. */
export function keptImage(image: Json): Json {
  const version = textAt(image, 'version')
  return { ...image, exactVersion: version === undefined || version === 'latest' ? '22.04.202601010' : version }
}
