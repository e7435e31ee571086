/** What verifications leave in the tags of a disk's snapshot, for the next one on whatever computer. */
import { recoveryTag } from './recovery-tags.js'
import { decodeFields, encodeFields, longestTagValue, type TagMap, tagOf } from './tag-text.js'
import type { DiskVerdict, Fault } from './verification.js'

/** A fault that not every verification sees: another one that finds nothing wrong does not lift it by that. */
export interface KnownFault {
  readonly fault: Exclude<Fault, 'plain'>
  /** Of the verification that found it. */
  readonly depth: string
  readonly at: Date
}

/** What it held when it was first read, or first read whole. */
export interface KnownContent {
  readonly blank: boolean
  /** Of a deep verification. */
  readonly sha256: string | undefined
  readonly at: Date
}

/** What each depth found that has not been lifted since; one for each. */
export function knownFaultsIn(tags: TagMap): readonly KnownFault[] {
  const parts = (tagOf(tags, recoveryTag.fault) ?? '').split(/;(?=fault=)/)
  return parts.flatMap((part) => {
    const fields = decodeFields(part)
    const fault = (['hidden', 'changed'] as const).find((one) => one === fields.get('fault'))
    const [depth, at] = [fields.get('depth'), new Date(fields.get('at') ?? Number.NaN)]
    return fault === undefined || !depth || Number.isNaN(+at) ? [] : [{ fault, depth, at }]
  })
}

export function knownContentIn(tags: TagMap): KnownContent | undefined {
  const fields = decodeFields(tagOf(tags, recoveryTag.content) ?? '')
  const at = new Date(fields.get('at') ?? Number.NaN)
  const holds = fields.get('holds')
  if ((holds !== 'data' && holds !== 'nothing') || Number.isNaN(+at)) return undefined
  const sha256 = /^[0-9a-f]{64}$/.exec(fields.get('sha256') ?? '')?.[0]
  return { blank: holds === 'nothing', sha256, at }
}

/** Whether a verification that found nothing wrong has looked at what an earlier one found. */
export function isLifted({ fault, depth }: KnownFault, by: Pick<DiskVerdict, 'earlier' | 'digest'>, now: string) {
  const hasLooked = now === 'deep' || now === depth
  return hasLooked && (fault !== 'changed' || (by.earlier !== undefined && by.earlier.digest === by.digest))
}

/** The marks to be written on a disk's snapshot, and the names of those to be removed. */
export function marksOf(verdict: DiskVerdict, depth: string, at: Date, tags: TagMap) {
  const known = knownContentIn(tags)
  const set: Record<string, string> = {}
  const content = contentOf(verdict, depth, at, known)
  if (content && !(known?.sha256 === content.sha256 && known?.blank === content.blank))
    set[recoveryTag.content] = encodeFields({
      holds: content.blank ? 'nothing' : 'data',
      sha256: content.sha256,
      at: content.at.toISOString(),
    })
  const faults = faultsOf(verdict, depth, at, tags)
  const text = encodeFaults(faults)
  const before = tagOf(tags, recoveryTag.fault)
  if (text !== '' && text !== before) set[recoveryTag.fault] = text
  const gone = text === '' && verdict.readable === true && before !== undefined ? [recoveryTag.fault] : []
  return { set, gone }
}

/** What is known and not lifted stays as it was found; each depth has its own. */
function faultsOf(verdict: DiskVerdict, depth: string, at: Date, tags: TagMap): readonly KnownFault[] {
  const { fault, readable, recalled } = verdict
  const wasReadWell = readable === true || (recalled && readable === false)
  const left = knownFaultsIn(tags).filter((one) => !(wasReadWell && isLifted(one, verdict, depth)))
  if (recalled || (fault !== 'hidden' && fault !== 'changed')) return left
  const same = left.find((one) => one.depth === depth)
  if (same && (same.fault === fault || same.fault === 'changed')) return left
  return [...left.filter((one) => one !== same), { fault, depth, at }]
}

/** Where they are too many for a tag, only one that reads all of it can lift them. */
function encodeFaults(faults: readonly KnownFault[]): string {
  const text = faults.map(({ fault, depth, at }) => encodeFields({ fault, depth, at: at.toISOString() })).join(';')
  const [first] = faults
  if (text.length <= longestTagValue || !first) return text
  const fault = faults.some((one) => one.fault === 'changed') ? 'changed' : 'hidden'
  return encodeFields({ fault, depth: 'deep', at: first.at.toISOString() })
}

/** The first reading counts. The first digest is added to it, with its own time: it is compared with by that. */
function contentOf(verdict: DiskVerdict, depth: string, now: Date, known: KnownContent | undefined) {
  const { readable, blank, digest, earlier, fault } = verdict
  const first = depth === 'deep' ? (earlier ?? (readable && digest ? { digest, at: now } : undefined)) : undefined
  const sha256 = known?.sha256 ?? first?.digest
  const at = (known?.sha256 === undefined ? first?.at : undefined) ?? known?.at ?? now
  if (fault === 'changed') return sha256 === undefined ? undefined : { at, blank: known?.blank ?? false, sha256 }
  if (readable !== true) return undefined
  return { blank: blank && (known?.blank ?? true), sha256, at }
}
