/**
 * The tag on everything azlin makes for a while. It must say enough for another
 * computer, which has no journal of it, to tell a leftover from work under way.
 */
export const temporaryTag = 'azlin:temporary'

export interface TemporaryNote {
  /** The command it was made for, as in `restore web-1`. */
  readonly purpose: string
  /** Host name of the computer that made it. */
  readonly owner: string
  /** When that command began; undefined in tags of azlin versions that did not say. */
  readonly since?: Date | undefined
  /** Until then it may be in use; after it, it is a leftover. */
  readonly until: Date
}

/** Azure refuses a tag value of more than 256 characters. */
const longest = 256

/** Tag value, always within Azure's limit; a long purpose or owner is cut. */
export function encodeTemporary({ purpose, owner, since, until }: TemporaryNote): string {
  const host = hostText(owner)
  const began = since ? `since=${since.toISOString()};` : ''
  const head = `until=${until.toISOString()};${began}by=${host};for=`
  return head + purpose.slice(0, longest - head.length)
}

function hostText(owner: string): string {
  return owner.replaceAll(/[;\s]/g, '-').slice(0, 63)
}

/**
 * Whether a mark may be of the command that wrote a journal entry: one of the same computer that had begun by then.
 * Names come again, as that of the interface of a restored VM.
 */
export function isMadeBy(
  note: TemporaryNote | undefined,
  { owner, createdAt }: { readonly owner: { readonly host: string }; readonly createdAt: Date },
): boolean {
  return note?.owner === hostText(owner.host) && (note.since === undefined || note.since <= createdAt)
}

/** Of commands whose VM is to stay when they have succeeded. */
export function makesLasting(purpose: string): boolean {
  return /^(restore|dr failover) /.test(purpose)
}

/** Undefined when the text is not azlin's: then the resource is nobody's to remove. */
export function decodeTemporary(text: string): TemporaryNote | undefined {
  const { until, began, owner, purpose } =
    /^until=(?<until>[^;]+);(?:since=(?<began>[^;]+);)?by=(?<owner>[^;]*);for=(?<purpose>.*)$/s.exec(text)?.groups ?? {}
  if (until === undefined || owner === undefined || purpose === undefined) return undefined
  const end = new Date(until)
  if (Number.isNaN(+end)) return undefined
  const since = began === undefined ? undefined : new Date(began)
  return { purpose, owner, until: end, ...(since && !Number.isNaN(+since) ? { since } : {}) }
}
