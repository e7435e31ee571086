import { AzlinError } from '../errors.js'
import type { Azure } from '../ports/azure.js'
import type { Run } from '../run.js'

/** REGION_UNKNOWN, with the region that was perhaps meant. The subscription knows its regions; no list of ours does. */
export async function mustKnowRegion(azure: Azure, region: string, run: Run): Promise<void> {
  const known = await azure.regions.list(run.signal)
  // Where they cannot be listed, Azure itself refuses a region that is none.
  if (!known || known.some((one) => one.toLowerCase() === region.toLowerCase())) return
  throw new AzlinError('REGION_UNKNOWN', { region, near: closest(region, known) })
}

/** The region that begins most like the one that was typed; empty when none does. */
function closest(typed: string, known: readonly string[]): string {
  const shared = (name: string) => {
    let length = 0
    while (length < typed.length && name[length] === typed[length]) length++
    return length
  }
  const [best] = known.toSorted(
    (a, b) => shared(b) - shared(a) || Math.abs(a.length - typed.length) - Math.abs(b.length - typed.length),
  )
  return best !== undefined && shared(best) >= 3 ? best : ''
}
