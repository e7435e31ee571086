/** The embedded Azure in words. */
import { minute, span } from './time.js'

/** What a running sandbox says of itself. */
interface Status {
  readonly url: string
  readonly pid: number
  readonly speed: number
  readonly now: string
  readonly clockOffsetMs: number
  readonly resources: Readonly<Record<string, number>>
  readonly faults: number
}

export function sandboxLines({ url, pid, speed, now, clockOffsetMs, resources, faults }: Status): string {
  const ahead = clockOffsetMs > 0 ? ` (${span(clockOffsetMs / 1000)} ahead)` : ''
  return [
    `The sandbox runs at ${url} (process ${pid}, ${speed} times as fast as Azure).`,
    `  time       ${minute(new Date(now))} UTC${ahead}`,
    `  holds      ${contents(resources)}`,
    ...(faults > 0 ? [`  faults     ${faults} set`] : []),
  ].join('\n')
}

/** For somebody who has just started it. */
export function sandboxGuide(status: Status): string {
  return `${sandboxLines(status)}

Use it in this shell:
  export AZLIN_CLOUD=sandbox AZLIN_RESOURCE_GROUP=demo-rg

Then, for example (its VMs: web-1 with one disk, db-1 with two data disks):
  azlin backup configure web-1
  azlin backup trigger web-1
  azlin backup list web-1
  azlin sandbox advance 8d
  azlin sandbox stop`
}

/** What somebody looks for first, first. */
const kinds = [
  ['resourceGroups', 'group'],
  ['virtualMachines', 'VM'],
  ['disks', 'disk'],
  ['snapshots', 'snapshot'],
] as const

function contents(resources: Readonly<Record<string, number>>): string {
  const counts = new Map(
    Object.entries(resources).map(([type, count]) => [type.slice(type.lastIndexOf('/') + 1), count]),
  )
  const told = kinds.flatMap(([type, word]) => {
    const count = counts.get(type) ?? 0
    counts.delete(type)
    return count === 0 ? [] : [`${count} ${word}${count === 1 ? '' : 's'}`]
  })
  const others = [...counts.values()].reduce((sum, count) => sum + count, 0)
  return [...told, ...(others > 0 ? [`${others} more of other kinds`] : [])].join(', ') || 'nothing'
}
