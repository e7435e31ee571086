import { invalidParameter } from '../errors.js'
import type { Faults } from '../faults.js'
import { regions } from '../regions.js'
import { restrictionsOf } from './capacity.js'
import { kindsIn, zoneNames } from './offer.js'

export interface Size {
  readonly name: string
  readonly family: string
  readonly vCPUs: number
  readonly memoryGB: number
  readonly maxDataDisks: number
  readonly premium: boolean
  readonly generations: string
  readonly trustedLaunch: boolean
}

export const sizes: readonly Size[] = [
  ...series(
    'Standard_B',
    's',
    'standardBSFamily',
    [
      [1, 1, 2],
      [2, 4, 4],
    ],
    { suffix: { 1: '1ms', 2: '2s' } },
  ),
  ...series('Standard_D', 's_v3', 'standardDSv3Family', [
    [2, 8, 4],
    [4, 16, 8],
    [8, 32, 16],
  ]),
  ...series('Standard_D', 's_v5', 'standardDSv5Family', [
    [2, 8, 4],
    [4, 16, 8],
    [8, 32, 16],
    [16, 64, 32],
  ]),
  ...series('Standard_E', 's_v5', 'standardESv5Family', [
    [2, 16, 4],
    [4, 32, 8],
    [8, 64, 16],
  ]),
  ...series('Standard_F', 's_v2', 'standardFSv2Family', [
    [2, 4, 4],
    [4, 8, 8],
  ]),
  {
    ...size('Standard_D2_v2', 'standardDv2Family', [2, 7, 8]),
    premium: false,
    generations: 'V1',
    trustedLaunch: false,
  },
  {
    ...size('Standard_D3_v2', 'standardDv2Family', [4, 14, 16]),
    premium: false,
    generations: 'V1',
    trustedLaunch: false,
  },
  { ...size('Standard_DS1_v2', 'standardDSv2Family', [1, 3.5, 4]), generations: 'V1,V2' },
  { ...size('Standard_DS2_v2', 'standardDSv2Family', [2, 7, 8]), generations: 'V1,V2' },
]

export function sizeNamed(name: string): Size | undefined {
  return sizes.find((known) => known.name.toLowerCase() === name.toLowerCase())
}

export function checkKnownSize(name: string): void {
  if (sizeNamed(name)) return
  throw invalidParameter(
    `The value ${name} provided for the VM size is not valid. The valid sizes in the current region are listed by the resource SKUs API.`,
    'vmSize',
  )
}

/** The answer of the resource SKUs API; `filter` knows a location and nothing else, as Azure's does. */
export function resourceSkus(faults: Faults, filter: string | undefined): unknown[] {
  const wanted = /location\s+eq\s+'([^']*)'/i.exec(filter ?? '')?.[1]?.toLowerCase()
  return regions
    .filter(({ name }) => wanted === undefined || name === wanted)
    .flatMap(({ name, zones }) => [
      ...sizes.map((one) => ({
        ...machineSku(one, name, zones),
        restrictions: restrictionsOf(faults, one.name, name),
      })),
      ...diskSkus(name, zones),
    ])
}

function machineSku(one: Size, location: string, zones: boolean) {
  const capability = (key: string, value: string | number) => ({ name: key, value: String(value) })
  return {
    resourceType: 'virtualMachines',
    name: one.name,
    tier: 'Standard',
    size: one.name.replace('Standard_', ''),
    family: one.family,
    locations: [location],
    locationInfo: [{ location, zones: zones ? zoneNames : [], zoneDetails: [] }],
    capabilities: [
      capability('vCPUs', one.vCPUs),
      capability('MemoryGB', one.memoryGB),
      capability('MaxDataDiskCount', one.maxDataDisks),
      capability('PremiumIO', one.premium ? 'True' : 'False'),
      capability('HyperVGenerations', one.generations),
      capability('CpuArchitectureType', 'x64'),
      capability('DiskControllerTypes', 'SCSI'),
      capability('TrustedLaunchDisabled', one.trustedLaunch ? 'False' : 'True'),
    ],
  }
}

function diskSkus(location: string, zones: boolean) {
  const locationInfo = [{ location, zones: zones ? zoneNames : [], zoneDetails: [] }]
  const sku = (resourceType: string, name: string) => ({
    resourceType,
    name,
    tier: name.split('_')[0],
    locations: [location],
    locationInfo,
    capabilities: [],
    restrictions: [],
  })
  return (['disks', 'snapshots'] as const).flatMap((type) => kindsIn(location, type).map((name) => sku(type, name)))
}

type Shape = readonly [vCPUs: number, memoryGB: number, maxDataDisks: number]

function series(
  prefix: string,
  suffix: string,
  family: string,
  shapes: readonly Shape[],
  names: { suffix?: Readonly<Record<number, string>> } = {},
): Size[] {
  return shapes.map((shape) => size(`${prefix}${names.suffix?.[shape[0]] ?? `${shape[0]}${suffix}`}`, family, shape))
}

function size(name: string, family: string, [vCPUs, memoryGB, maxDataDisks]: Shape): Size {
  return { name, family, vCPUs, memoryGB, maxDataDisks, premium: true, generations: 'V1,V2', trustedLaunch: true }
}
