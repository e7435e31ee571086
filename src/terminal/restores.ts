/** Restores in words: what is about to happen, and what did. */
import type { RestorePlan, RestoreResult } from '../core/managers/restore-manager.js'
import { age, minute, span } from './time.js'

/** The time within which a restore is meant to be done, in seconds. */
const targetSeconds = 15 * 60

/** Says plainly what an in-place restore does, before the user is asked. */
export function restoreQuestion({ vm, point, work }: RestorePlan & { readonly mode: 'in-place' }, now: Date): string {
  const replaced = work.disks.map((disk) => disk.previous?.name).filter((name) => name !== undefined)
  const fate = work.deletePreviousDisks ? 'deleted once its guest agent has reported' : 'kept'
  return [
    `${vm.name} (resource group ${vm.resourceGroup}) will be stopped, and ${disks(work.disks.length)} replaced with ${point.name}.`,
    `That was taken at ${minute(point.createdAt)} UTC: what was written in the ${age(point.createdAt, now)} since then will not be on the VM.`,
    `The disks it has now (${replaced.join(', ')}) are ${fate}.`,
  ].join('\n')
}

export function describeRestore(result: RestoreResult): string {
  const { vmName, backupName, rtoSeconds, restoredDisks, previousDisks, deletedDisks, guestReported } = result
  const within = rtoSeconds <= targetSeconds ? 'within' : 'over'
  const lines = [
    `${vmName} runs from ${backupName}.`,
    `  time to recover  ${span(rtoSeconds)}, ${within} the target of 15 minutes`,
    `  guest agent      ${guestReported ? 'has reported' : 'none has reported: nothing showed that its system came up, so look at it yourself'}`,
    `  disks            ${restoredDisks.join(', ')}`,
  ]
  if (previousDisks.length > 0) {
    const fates = previousDisks.map((name) => `${name} (${deletedDisks.includes(name) ? 'deleted' : 'kept'})`)
    lines.push(`  previous disks   ${fates.join(', ')}`)
  }
  return [...lines, ...markedLines(result.stillMarked)].join('\n')
}

/** What is in use must not look like a leftover. */
export function markedLines(stillMarked: readonly string[]): string[] {
  if (stillMarked.length === 0) return []
  const names = stillMarked.map((id) => id.split('/').at(-1)).join(', ')
  return [
    `Still tagged azlin:temporary, as the tags could not be taken off: ${names}.`,
    'azlin cleanup on this computer takes them off and removes none of these.',
  ]
}

const disks = (number: number) => (number === 1 ? 'its disk' : `its ${number} disks`)
