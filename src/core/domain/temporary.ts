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
  /** Until then it may be in use; after it, it is a leftover. */
  readonly until: Date
}

/** Azure refuses a tag value of more than 256 characters. */
const longest = 256

/** Tag value, always within Azure's limit; a long purpose or owner is cut. */
export function encodeTemporary({ purpose, owner, until }: TemporaryNote): string {
  const fixed = `until=${until.toISOString()};by=;for=`
  const host = owner.replaceAll(/[;\s]/g, '-').slice(0, 63)
  return `until=${until.toISOString()};by=${host};for=${purpose.slice(0, longest - fixed.length - host.length)}`
}

/** Undefined when the text is not azlin's: then the resource is nobody's to remove. */
export function decodeTemporary(text: string): TemporaryNote | undefined {
  const { until, owner, purpose } =
    /^until=(?<until>[^;]+);by=(?<owner>[^;]*);for=(?<purpose>.*)$/s.exec(text)?.groups ?? {}
  if (until === undefined || owner === undefined || purpose === undefined) return undefined
  const at = new Date(until)
  return Number.isNaN(+at) ? undefined : { purpose, owner, until: at }
}
