/**
 * Text for tag values. Azure allows 256 characters in one, compares names without
 * case and keeps values as they are.
 */
export const longestTagValue = 256

export type TagMap = Readonly<Record<string, string>>

/** Azure may give a name back in another case than it was written in. */
export function tagOf(tags: TagMap, name: string): string | undefined {
  const exact = tags[name]
  if (exact !== undefined) return exact
  // Read for each of thousands of snapshots: nothing is made, and a look at the length spares most comparisons.
  for (const key in tags) if (key.length === name.length && key.toLowerCase() === name.toLowerCase()) return tags[key]
  return undefined
}

/** `key=value;key=value`, without the keys that have no value. */
export function encodeFields(fields: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(fields)
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${escaped(String(value))}`]))
    .join(';')
}

/** Every field that can be read; broken ones are left out. */
export function decodeFields(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const part of text.split(';')) {
    const cut = part.indexOf('=')
    if (cut > 0) fields.set(part.slice(0, cut).trim(), unescaped(part.slice(cut + 1)))
  }
  return fields
}

function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll(';', '%3B').replaceAll('=', '%3D')
}

function unescaped(text: string): string {
  if (!text.includes('%')) return text
  return text.replaceAll('%3D', '=').replaceAll('%3B', ';').replaceAll('%25', '%')
}
