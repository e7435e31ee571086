/**
 * Which temporary resources are leftovers, and which are in use. Pure: the journal
 * of this machine and the tags in Azure are read by the caller.
 */
import { sameId } from './arm-id.js'
import { decodeTemporary, isMadeBy, makesLasting } from './temporary.js'

/** In the order of removal: what holds another thing goes before it. */
export const temporaryKinds = ['restore', 'vm', 'nic', 'pip', 'disk', 'snapshot', 'vnet', 'nsg', 'group'] as const
export type TemporaryKind = (typeof temporaryKinds)[number]

export interface JournalFact {
  readonly id: string
  readonly kind: TemporaryKind
  readonly resourceId: string
  readonly purpose: string
  readonly createdAt: Date
  /** Undefined when another computer wrote it. */
  readonly ownerAlive: boolean | undefined
  /** It was decided that it stays: only its mark is still to go. */
  readonly kept: boolean
  readonly owner: { readonly host: string }
}

export interface TagFact {
  readonly resourceId: string
  readonly type: string
  readonly note: string
}

export interface Leftover {
  readonly kind: TemporaryKind
  readonly resourceId: string
  /** Every journal entry that names it; none for one that only its tag shows. */
  readonly journalIds: readonly string[]
  readonly purpose: string
  /** The computer that made it; undefined when nothing says so. */
  readonly owner: string | undefined
  /** When it was made, or its command began; undefined when nothing says so. */
  readonly since: Date | undefined
  /** Why it must stay; absent when it may go. */
  readonly inUse: string | undefined
  /** What it was made for came to its end with it: it is never removed, and only its mark goes. */
  readonly kept: boolean
}

/** A command on a computer that cannot be asked is over after this long. */
export const patienceMs = 6 * 60 * 60_000

const kindOfType: Readonly<Record<string, TemporaryKind>> = {
  'microsoft.compute/virtualmachines': 'vm',
  'microsoft.network/networkinterfaces': 'nic',
  'microsoft.network/publicipaddresses': 'pip',
  'microsoft.compute/disks': 'disk',
  'microsoft.network/virtualnetworks': 'vnet',
  'microsoft.network/networksecuritygroups': 'nsg',
  'microsoft.resources/resourcegroups': 'group',
  'microsoft.resources/subscriptions/resourcegroups': 'group',
}

/** In the order of removal: what holds another thing goes before it. */
export function findLeftovers(
  journal: readonly JournalFact[],
  tagged: readonly TagFact[],
  now: Date,
): readonly Leftover[] {
  const found: Leftover[] = []
  for (const entry of journal) {
    const { kind, resourceId, purpose } = entry
    const made = { owner: entry.owner.host, since: entry.createdAt }
    const same = found.findIndex((other) => other.kind === kind && sameId(other.resourceId, resourceId))
    const seen = found[same]
    const inUse = seen?.inUse ?? journalHold(entry, now)
    const kept = entry.kept || seen?.kept === true
    const journalIds = [...(seen?.journalIds ?? []), entry.id]
    const one = { kind, resourceId, purpose, ...made, inUse, kept, journalIds }
    if (seen) found[same] = one
    else found.push(one)
  }
  for (const { resourceId, type, note } of tagged) {
    const kind = kindOfType[type.toLowerCase()]
    if (!kind) continue
    const at = found.findIndex((other) => other.kind === kind && sameId(other.resourceId, resourceId))
    const seen = found[at]
    if (seen) {
      const entries = journal.filter(({ id }) => seen.journalIds.includes(id))
      found[at] = { ...seen, inUse: seen.inUse ?? markHold(kind, note, entries, now) }
      continue
    }
    const told = decodeTemporary(note)
    const purpose = told?.purpose ?? 'unknown'
    found.push({
      kind,
      resourceId,
      purpose,
      owner: told?.owner,
      since: told?.since,
      journalIds: [],
      inUse: markHold(kind, note, [], now),
      kept: false,
    })
  }
  return found.toSorted((a, b) => temporaryKinds.indexOf(a.kind) - temporaryKinds.indexOf(b.kind))
}

/**
 * Why a thing must stay by its mark; undefined when it may go. That of a name which the journal knows may be of another
 * command: then what was journalled has never been there, or is gone.
 */
export function markHold(
  kind: TemporaryKind,
  note: string,
  journalled: readonly Pick<JournalFact, 'owner' | 'createdAt'>[],
  now: Date,
): string | undefined {
  const told = decodeTemporary(note)
  if (journalled.some((entry) => isMadeBy(told, entry))) return undefined
  return tagHold(told, now) ?? (kind === 'vm' ? lastingHold(told) : undefined)
}

function journalHold({ ownerAlive, createdAt, purpose }: JournalFact, now: Date): string | undefined {
  if (ownerAlive === true) return `"${purpose}" is still running`
  if (ownerAlive === undefined && +now - +createdAt < patienceMs)
    return `"${purpose}" may still be running on another computer`
  return undefined
}

/**
 * A restore and a failover end with a VM that people work on. Whether this one came so far, and only its mark could not
 * be taken off, is known where it was made and nowhere else.
 */
function lastingHold(told: ReturnType<typeof decodeTemporary>): string | undefined {
  if (!told || !makesLasting(told.purpose)) return undefined
  return `"${told.purpose}" on ${told.owner} may have finished, and somebody may work on it: azlin cleanup there knows, or remove it, or its tag azlin:temporary, yourself`
}

function tagHold(told: ReturnType<typeof decodeTemporary>, now: Date): string | undefined {
  if (!told) return 'its azlin:temporary tag was not written by azlin'
  if (told.until > now) return `"${told.purpose}" on ${told.owner} may use it until ${told.until.toISOString()}`
  return undefined
}
