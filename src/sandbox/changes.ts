/**
 * Which of many records are other than they were at the last look. Thousands are looked at for each answer, so fields
 * are compared as they stand and never in depth. Hence what was seen is frozen: whoever changed it in depth, unseen,
 * gets a TypeError.
 */
export class Changes<T extends object> {
  readonly #seen = new Map<string, Seen>()

  /** Since the last call. */
  take(records: ReadonlyMap<string, T>): { readonly changed: T[]; readonly gone: string[] } {
    const changed: T[] = []
    for (const [key, record] of records) {
      const before = this.#seen.get(key)
      if (before && isSame(before, record)) continue
      changed.push(record)
      this.#seen.set(key, seen(record))
    }
    const gone = this.#seen.size > records.size ? [...this.#seen.keys()].filter((key) => !records.has(key)) : []
    for (const key of gone) this.#seen.delete(key)
    return { changed, gone }
  }
}

/** Side by side, which is quicker to compare than an object. */
interface Seen {
  readonly keys: readonly string[]
  readonly values: readonly unknown[]
  readonly inner: Seen | undefined
}

/** The one field whose own fields are set one by one. */
const nested = 'hidden'

function seen(record: object): Seen {
  const fields = record as Record<string, unknown>
  const keys = Object.keys(record).filter((key) => key !== nested)
  const values = keys.map((key) => fields[key])
  for (const value of values) freeze(value)
  const inner = fields[nested]
  return { keys, values, inner: isRecord(inner) ? seen(inner) : undefined }
}

function isSame({ keys, values, inner }: Seen, record: object): boolean {
  const fields = record as Record<string, unknown>
  for (let at = 0; at < keys.length; at++) if (fields[keys[at] as string] !== values[at]) return false
  if (Object.keys(fields).length !== keys.length + (inner ? 1 : 0)) return false
  return inner === undefined || isSame(inner, fields[nested] as object)
}

function freeze(value: unknown): void {
  if (!isRecord(value) || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const part of Object.values(value)) freeze(part)
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
