/** Whether a region has room for a machine, by all that Azure says beforehand. */
import { AzlinError } from '../errors.js'
import type { DrillAzure } from '../ports/drill-azure.js'
import type { Run } from '../run.js'

export interface SizeWish {
  readonly region: string
  readonly allowSizeChange: boolean
}

export interface Room {
  readonly size: string
  readonly problems: readonly string[]
  readonly notes: readonly string[]
}

/** The size that is wanted; another of its family where that is allowed and this one is not to be had. */
export async function roomFor(azure: DrillAzure, wish: SizeWish, wanted: string, run: Run): Promise<Room> {
  const problems = await whyNoRoom(azure, wanted, wish.region, run)
  if (problems.length === 0) return { size: wanted, problems, notes: [] }
  if (wish.allowSizeChange) {
    const other = await nextSize(azure, wanted, wish.region, new Set([wanted]), run)
    if (other !== undefined)
      return { size: other, problems: [], notes: [`Size ${other} instead of ${wanted}: ${problems.join('; ')}.`] }
  }
  return { size: wanted, problems, notes: [] }
}

/** The kinds of disks of the region, where Azure says so beforehand. */
export function diskKindsIn(azure: DrillAzure, region: string, run: Run): Promise<readonly string[] | undefined> {
  return unlessUntold(() => azure.regions.diskKinds(region, run.signal), run)
}

/** The next size of the family with room for it, none of those tried. */
export async function nextSize(
  azure: DrillAzure,
  size: string,
  region: string,
  tried: ReadonlySet<string>,
  run: Run,
): Promise<string | undefined> {
  for (const other of await azure.capacity.sizesLike(size, region, run.signal))
    if (!tried.has(other) && (await whyNoRoom(azure, other, region, run)).length === 0) return other
  return undefined
}

async function whyNoRoom(azure: DrillAzure, size: string, region: string, run: Run): Promise<readonly string[]> {
  const whys = await Promise.all([
    unlessUntold(() => azure.regions.whyNotSize(size, region, undefined, run.signal), run),
    unlessUntold(() => azure.capacity.whyNoQuota(size, region, run.signal), run),
  ])
  return whys.filter((why) => why !== undefined)
}

/** What Azure will not say beforehand stands in nobody's way: making the machine will show it. */
async function unlessUntold<T>(ask: () => Promise<T | undefined>, run: Run): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (!AzlinError.is(error) || !untold.includes(error.code) || run.signal.aborted) throw error
    return undefined
  }
}

const untold: readonly string[] = ['FORBIDDEN', 'AZURE_NOT_FOUND', 'AZURE_UNAVAILABLE', 'AZURE_REJECTED', 'TIMED_OUT']
