/** What core reports, in words. One place, so that every command speaks alike. */
import type { AzlinEvent } from '../core/events.js'
import { span } from './time.js'

/** A step begins or ends (`key` names it), or something is said in passing. */
export type Saying =
  | { readonly type: 'begin' | 'end'; readonly key: string; readonly text: string }
  | { readonly type: 'say'; readonly text: string; readonly important: boolean }
  | { readonly type: 'request'; readonly text: string }

const begin = (key: string, text: string): Saying => ({ type: 'begin', key, text })
const end = (key: string, text: string): Saying => ({ type: 'end', key, text })
const say = (text: string): Saying => ({ type: 'say', text, important: false })
const warn = (text: string): Saying => ({ type: 'say', text, important: true })

export function sayingOf(event: AzlinEvent): Saying {
  switch (event.type) {
    case 'backup.started':
      return begin(event.backup, `Taking ${event.tier} backup ${event.backup} (${disks(event.disks)})`)
    case 'backup.finished':
      return end(event.backup, `Took ${event.backup}`)
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
    case 'restore.rollingBack':
      return warn(`The restore of ${event.vm} failed; putting its old disks and power state back. ${event.reason}`)
    case 'restore.rolledBack':
      return warn(`${event.vm} is as it was before.`)
    case 'temporary.removed':
      return say(`Removed ${nameIn(event.resource)}`)
    case 'temporary.left':
      return warn(`${nameIn(event.resource)} is still there (${event.code}); azlin cleanup tries again.`)
    case 'azure.waiting':
      return say(`Waiting ${span(event.seconds)}: ${event.reason}.`)
    case 'azure.request':
      return {
        type: 'request',
        text: `${event.method} ${event.path} ${event.status || 'no answer'} ${event.ms} ms ${event.correlationId}`.trimEnd(),
      }
    case 'notice':
      return warn(event.text)
  }
}

function disks(count: number): string {
  return count === 1 ? '1 disk' : `${count} disks`
}

function nameIn(resource: string): string {
  return resource.slice(resource.lastIndexOf('/') + 1)
}
