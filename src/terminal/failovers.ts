/** Failovers and the way back in words. */
import type { FailbackPlan, FailbackResult } from '../core/managers/failback-manager.js'
import type { FailoverPlan, FailoverResult } from '../core/managers/failover-manager.js'
import { markedLines } from './restores.js'
import { minute, span } from './time.js'

/** What is about to be done, and above all what is lost by it. */
export function failoverQuestion({ vm, backup, newVm, targetRegion, size, rpoSeconds }: FailoverPlan): string {
  return [
    `${vm.name} is brought up in ${targetRegion} as ${newVm.name} (group ${newVm.resourceGroup}, ${size}).`,
    `Its data is that of ${backup.name}, taken ${minute(backup.createdAt)} UTC: ${span(rpoSeconds)} old (RPO).`,
    `What was written since then is not in it. ${vm.name} in group ${vm.resourceGroup} is not touched.`,
  ].join('\n')
}

export function failoverLines(from: string, { vmName, resourceGroup, region, ...result }: FailoverResult): string {
  const { backupName, rpoSeconds, rtoSeconds, guestReported } = result
  return [
    `${from} runs in ${region} as ${vmName} (group ${resourceGroup}) from ${backupName}.`,
    `Data ${span(rpoSeconds)} old (RPO), ${guestReported ? 'up' : 'running'} after ${span(rtoSeconds)} (RTO).`,
    guestLine(guestReported),
    ...markedLines(result.stillMarked),
    `azlin dr failback ${vmName} -g ${resourceGroup} brings it home again.`,
  ].join('\n')
}

/** Both of them have the same name, as a rule: the region tells which one is stopped. */
export function failbackQuestion({ from, home }: FailbackPlan): string {
  const took = `${from.name} in ${from.region}`
  const own = `${home.name} in ${home.region}`
  return [
    `A backup of ${took} (group ${from.resourceGroup}) is taken, copied to ${home.region}, and put in the place of ${own} (group ${home.resourceGroup}).`,
    `${own} is stopped meanwhile; its old disks are kept. ${took} is left running: switch over when you are ready.`,
  ].join('\n')
}

export function failbackLines({
  vmName,
  region,
  backupName,
  rtoSeconds,
  notes,
  previousDisks,
  guestReported,
  stillMarked,
}: FailbackResult): string {
  return [
    `${vmName} in ${region} runs from ${backupName}, after ${span(rtoSeconds)}.`,
    guestLine(guestReported),
    ...markedLines(stillMarked),
    ...(previousDisks.length > 0 ? [`Its old disks are kept: ${previousDisks.join(', ')}.`] : []),
    ...notes,
  ].join('\n')
}

function guestLine(reported: boolean): string {
  return reported
    ? 'Its guest agent has reported.'
    : 'No guest agent has reported, so nothing showed that its system came up: look at it before you switch over.'
}
