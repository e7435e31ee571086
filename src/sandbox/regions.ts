import { ArmError } from './errors.js'

export interface Region {
  readonly name: string
  readonly displayName: string
  readonly pairedWith: string
  readonly geography: string
  readonly zones: boolean
}

/** Enough of Azure's regions to plan with; all of the public cloud. */
export const regions: readonly Region[] = [
  region('eastus', 'East US', 'westus', 'United States', true),
  region('eastus2', 'East US 2', 'centralus', 'United States', true),
  region('centralus', 'Central US', 'eastus2', 'United States', true),
  region('northcentralus', 'North Central US', 'southcentralus', 'United States', false),
  region('southcentralus', 'South Central US', 'northcentralus', 'United States', true),
  region('westcentralus', 'West Central US', 'westus2', 'United States', false),
  region('westus', 'West US', 'eastus', 'United States', false),
  region('westus2', 'West US 2', 'westcentralus', 'United States', true),
  region('westus3', 'West US 3', 'eastus', 'United States', true),
  region('canadacentral', 'Canada Central', 'canadaeast', 'Canada', true),
  region('canadaeast', 'Canada East', 'canadacentral', 'Canada', false),
  region('brazilsouth', 'Brazil South', 'southcentralus', 'Brazil', true),
  region('northeurope', 'North Europe', 'westeurope', 'Europe', true),
  region('westeurope', 'West Europe', 'northeurope', 'Europe', true),
  region('uksouth', 'UK South', 'ukwest', 'United Kingdom', true),
  region('ukwest', 'UK West', 'uksouth', 'United Kingdom', false),
  region('francecentral', 'France Central', 'francesouth', 'France', true),
  region('germanywestcentral', 'Germany West Central', 'germanynorth', 'Germany', true),
  region('norwayeast', 'Norway East', 'norwaywest', 'Norway', true),
  region('swedencentral', 'Sweden Central', 'swedensouth', 'Sweden', true),
  region('switzerlandnorth', 'Switzerland North', 'switzerlandwest', 'Switzerland', true),
  region('southeastasia', 'Southeast Asia', 'eastasia', 'Asia Pacific', true),
  region('eastasia', 'East Asia', 'southeastasia', 'Asia Pacific', true),
  region('japaneast', 'Japan East', 'japanwest', 'Japan', true),
  region('japanwest', 'Japan West', 'japaneast', 'Japan', false),
  region('koreacentral', 'Korea Central', 'koreasouth', 'Korea', true),
  region('australiaeast', 'Australia East', 'australiasoutheast', 'Australia', true),
  region('australiasoutheast', 'Australia Southeast', 'australiaeast', 'Australia', false),
  region('centralindia', 'Central India', 'southindia', 'India', true),
  region('southindia', 'South India', 'centralindia', 'India', false),
]

function region(name: string, displayName: string, pairedWith: string, geography: string, zones: boolean): Region {
  return { name, displayName, pairedWith, geography, zones }
}

/** `West US 2` and `westus2` alike. */
export function normalRegion(given: string): string {
  const name = given.toLowerCase().replaceAll(' ', '')
  if (regions.some((known) => known.name === name)) return name
  const list = regions.map((known) => known.name).join(',')
  throw new ArmError(
    400,
    'LocationNotAvailableForResourceType',
    `The provided location '${given}' is not available for resource type. List of available regions for the resource type is '${list}'.`,
  )
}
