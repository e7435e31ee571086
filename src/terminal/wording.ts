/** What core reports, in words. One place, so that every command speaks alike. */
import type { AzlinEvent } from '../core/events.js'
import { bytesOf } from './sizes.js'
import { span } from './time.js'

/** A step begins or ends (`key` names it), or something is said in passing. */
export type Saying =
  | { readonly type: 'begin' | 'end'; readonly key: string; readonly text: string }
  /** How far a step is that was begun. */
  | { readonly type: 'update'; readonly key: string; readonly text: string }
  /** The step is over, and something else says how it ended. */
  | { readonly type: 'forget'; readonly key: string; readonly text: string }
  | { readonly type: 'say'; readonly text: string; readonly important: boolean }
  | { readonly type: 'request'; readonly text: string }

const begin = (key: string, text: string): Saying => ({ type: 'begin', key, text })
const end = (key: string, text: string): Saying => ({ type: 'end', key, text })
const say = (text: string): Saying => ({ type: 'say', text, important: false })
const warn = (text: string): Saying => ({ type: 'say', text, important: true })

const phaseEnds = { succeeded: 'done', unproven: 'unproven', failed: 'FAILED', interrupted: 'interrupted' }
const drillEnds = { ...phaseEnds, succeeded: 'succeeded', running: 'is running' }

export function sayingOf(event: AzlinEvent): Saying {
  switch (event.type) {
    case 'backup.started':
      return begin(event.backup, `Taking ${event.tier} backup ${event.backup} (${disks(event.disks)})`)
    case 'backup.finished':
      return end(event.backup, event.complete ? `Took ${event.backup}` : `Begun: ${event.backup}`)
    case 'data.awaited':
      return begin(`data ${event.backup}`, `Waiting for the data of ${event.backup}`)
    case 'data.arriving':
      return { type: 'update', key: `data ${event.backup}`, text: `${arrivedSoFar(event)}  ${event.backup}` }
    case 'data.arrived':
      return end(`data ${event.backup}`, `All data of ${event.backup} is there`)
    case 'backup.steppedDown':
      return warn(
        `Another computer took the ${event.from} backup of this period first: ${event.backup} is kept as ${event.to}.`,
      )
    case 'snapshot.started':
      return begin(`snapshot ${event.snapshot}`, `Taking snapshot ${event.snapshot}`)
    case 'snapshot.finished':
      return end(`snapshot ${event.snapshot}`, `Took snapshot ${event.snapshot}`)
    case 'snapshot.removed':
      return say(`Removed ${event.snapshot} (${event.reason})`)
    case 'copy.started':
      return begin(event.snapshot, `Copying to ${event.region}: ${event.snapshot}`)
    case 'copy.adopted':
      return begin(event.snapshot, `Already on its way to ${event.region}: ${event.snapshot}`)
    case 'copy.waiting':
      return begin(event.snapshot, `Waiting with ${event.snapshot}: ${event.reason}`)
    case 'copy.progress':
      return { type: 'update', key: event.snapshot, text: `${progressOf(event)}  ${event.snapshot}` }
    case 'copy.finished':
      return end(event.snapshot, `Copied to ${event.region}: ${event.snapshot}`)
    case 'copies.begun': {
      const turn = event.waiting === 1 ? 'waits for its turn' : 'wait for their turn'
      const waiting = event.waiting > 0 ? ` (${event.waiting} more ${turn})` : ''
      const how = `azlin backup replication-status ${event.vm} shows how far`
      return say(`Azure is copying ${disks(event.underWay)} of ${event.vm} to ${event.region}${waiting}; ${how}.`)
    }
    case 'copy.failed':
      return warn(`Not copied: ${event.snapshot}. ${event.message}`)
    case 'verify.started':
      return begin(event.backup, `Verifying ${event.backup} (${disks(event.disks)}${depthOf(event.depth)})`)
    case 'verify.reading':
      return begin(`read ${event.disk}`, `Reading ${event.disk}`)
    case 'verify.progress':
      return { type: 'update', key: `read ${event.disk}`, text: `${readSoFar(event)}  ${event.disk}` }
    case 'verify.read':
      return end(`read ${event.disk}`, `Read ${bytesOf(event.bytes)} of ${event.disk}`)
    case 'verify.finished':
      if (!event.success) return end(event.backup, `Not verified: ${event.backup}. ${event.reason}`)
      return end(event.backup, event.unread ? `Accepted unread: ${event.backup}` : `Verified ${event.backup}`)
    case 'cleanup.failed':
      return warn(`The backup stands, but the cleanup after it failed: ${event.message}`)
    case 'restore.preflight':
      return begin('preflight', `Checking ${event.backup}`)
    case 'restore.checked':
      return end('preflight', `Checked ${event.backup}`)
    case 'disk.started':
      return begin(event.disk, `Making disk ${event.disk}`)
    case 'disk.finished':
      return end(event.disk, `Made disk ${event.disk}`)
    case 'disk.removed':
      return say(`Deleted the old disk ${event.disk}`)
    case 'vm.power':
      return event.to.endsWith('ing') && event.to !== 'running'
        ? begin(
            `power ${event.vm}`,
            event.to === 'starting' ? `Starting ${event.vm}` : `Stopping ${event.vm} (${event.to})`,
          )
        : end(`power ${event.vm}`, `${event.vm} is ${event.to}`)
    case 'vm.swapping':
      return begin(`swap ${event.vm}`, `Swapping ${disks(event.disks)} of ${event.vm}`)
    case 'vm.swapped':
      return end(`swap ${event.vm}`, `Swapped the disks of ${event.vm}`)
    case 'vm.creating':
      return begin(`create ${event.vm}`, `Making VM ${event.vm}`)
    case 'vm.created':
      return end(`create ${event.vm}`, `Made VM ${event.vm}`)
    case 'vm.waiting':
      return event.for === 'running'
        ? begin(`power ${event.vm}`, `Waiting until ${event.vm} runs`)
        : begin(`power ${event.vm}`, `${event.vm} runs; waiting for its guest agent`)
    case 'vm.ready':
      return end(`power ${event.vm}`, `${event.vm} is up`)
    case 'vm.waited':
      return { type: 'forget', key: `power ${event.vm}`, text: '' }
    case 'restore.rollingBack':
      return warn(`The restore of ${event.vm} failed; putting its old disks and power state back. ${event.reason}`)
    case 'restore.rolledBack':
      return warn(`${event.vm} is as it was before.`)
    case 'drill.started':
      return say(`Drill of ${event.vm} in ${event.region}, from ${event.backup}`)
    case 'drill.phase': {
      const key = `${event.vm} ${event.phase}`
      const note = event.note ? `: ${event.note}` : ''
      if (event.state === 'began') return begin(key, `Drill of ${event.vm}, ${event.phase}${note}`)
      return end(key, `Drill of ${event.vm}, ${event.phase} ${phaseEnds[event.state]}${note}`)
    }
    case 'drill.retrying':
      return warn(`${event.vm}: ${event.reason} Trying again with ${event.what}.`)
    case 'drill.finished':
      return say(`Drill of ${event.vm} ${drillEnds[event.outcome]}`)
    case 'temporary.removed':
      return say(`Removed ${nameIn(event.resource)}`)
    case 'temporary.marked':
      return warn(`${nameIn(event.resource)} stays, but still carries the tag azlin:temporary (${event.code}).`)
    case 'temporary.left':
      return warn(`${nameIn(event.resource)} is still there (${event.code}); azlin cleanup tries again.`)
    // A script is silent for as long; whoever reads its log wants to know why.
    case 'azure.waiting':
      return warn(`Waiting ${span(event.seconds)}: ${event.reason}.`)
    case 'azure.request':
      return {
        type: 'request',
        text: `${event.method} ${event.path} ${event.status || 'no answer'} ${event.ms} ms ${event.correlationId}`.trimEnd(),
      }
    case 'notice':
      return warn(event.text)
  }
}

function progressOf({ percent, secondsLeft }: { readonly percent: number; readonly secondsLeft: number | undefined }) {
  const left = secondsLeft === undefined ? '' : `, about ${span(secondsLeft)} left`
  return `Copied ${Math.floor(percent)} %${left}`
}

function arrivedSoFar({
  percent,
  secondsLeft,
}: {
  readonly percent: number
  readonly secondsLeft: number | undefined
}) {
  const left = secondsLeft === undefined ? '' : `, about ${span(secondsLeft)} left`
  return `${percent} % of the data is there${left}`
}

function depthOf(depth: string): string {
  return depth === 'usual' ? '' : depth === 'deep' ? ', all of it' : `, part ${depth}`
}

function readSoFar({ percent, secondsLeft }: { readonly percent: number; readonly secondsLeft: number | undefined }) {
  const left = secondsLeft === undefined ? '' : `, about ${span(secondsLeft)} left`
  return `${bar(percent)} ${Math.floor(percent)} % read${left}`
}

function bar(percent: number): string {
  const full = Math.round(Math.min(100, Math.max(0, percent)) / 5)
  return `[${'#'.repeat(full)}${'-'.repeat(20 - full)}]`
}

function disks(count: number): string {
  return count === 1 ? '1 disk' : `${count} disks`
}

function nameIn(resource: string): string {
  return resource.slice(resource.lastIndexOf('/') + 1)
}
