/** Takes values out of a YAML document one by one, and notes what is wrong with its line. */
import { isMap, isScalar, isSeq, type LineCounter, type Node, type Pair, type YAMLMap } from 'yaml'
import { AzlinError } from '../core/errors.js'
import { nearest } from '../nearest.js'

export interface Mistake {
  readonly line: number
  readonly problem: string
}

export class Notes {
  readonly #lines: LineCounter
  readonly #found: Mistake[] = []

  constructor(lines: LineCounter) {
    this.#lines = lines
  }

  /** In the order of the file. */
  get mistakes(): readonly Mistake[] {
    return this.#found.toSorted((a, b) => a.line - b.line)
  }

  add(where: Node | undefined, problem: string): void {
    this.addAt(where?.range?.[0] ?? 0, problem)
  }

  addAt(offset: number, problem: string): void {
    this.#found.push({ line: this.#lines.linePos(offset).line, problem })
  }
}

/** One map of the file. Every key must be one of those that are known. */
export class Fields {
  readonly node: YAMLMap
  readonly #notes: Notes
  readonly #words: string

  /** `words` says what the map stands for, as in `a group`. */
  constructor(node: YAMLMap, words: string, known: readonly string[], notes: Notes) {
    this.node = node
    this.#notes = notes
    this.#words = words
    for (const pair of node.items) {
      const key = keyOf(pair)
      if (known.includes(key)) continue
      const near = nearest(key, known)
      const hint = near ? `did you mean ${near}?` : `it knows ${known.join(', ')}`
      notes.add(pair.key as Node, `${words} has no ${JSON.stringify(key)}; ${hint}`)
    }
  }

  /** A text, or a number as it was written, that `check` accepts: it throws INVALID_INPUT, or gives what is meant. */
  text<T>(key: string, check: (value: string, what: string) => T): T | undefined {
    const node = this.#scalar(key)
    if (!node) return undefined
    const { value } = node
    if (typeof value !== 'string' && typeof value !== 'number') return this.#wrong(node, `${key} needs a text`)
    // A number such as 0123 is meant as it stands there.
    const text = typeof value === 'number' ? (node.source ?? String(value)) : value
    return checked(text, key, check, (problem) => this.#wrong(node, problem))
  }

  /** The same, noted where it is missing. */
  required<T>(key: string, check: (value: string, what: string) => T): T | undefined {
    if (!this.node.has(key)) this.#notes.add(this.node, `${this.#words} needs ${key}`)
    return this.text(key, check)
  }

  yesOrNo(key: string, otherwise: boolean): boolean {
    const node = this.#scalar(key)
    if (!node) return otherwise
    if (typeof node.value === 'boolean') return node.value
    this.#wrong(node, `${key} needs true or false`)
    return otherwise
  }

  /** The items of a list that must not be empty. */
  list(key: string): readonly Node[] {
    const node = this.node.get(key, true) as unknown
    if (node === undefined) {
      this.#notes.add(this.node, `${this.#words} needs ${key}`)
      return []
    }
    if (isSeq(node) && node.items.length > 0) return node.items as Node[]
    this.#notes.add(this.#at(key), `${key} needs a list with at least one item`)
    return []
  }

  #scalar(key: string) {
    if (!this.node.has(key)) return undefined
    const node = this.node.get(key, true) as unknown
    if (isScalar(node) && node.value !== null) return node
    this.#notes.add(this.#at(key), `${key} needs a value`)
    return undefined
  }

  #wrong(node: Node, problem: string): undefined {
    this.#notes.add(node, problem)
  }

  /** Where the key stands. */
  #at(key: string): Node {
    const pair = this.node.items.find((item) => keyOf(item) === key)
    return (pair?.key as Node | undefined) ?? this.node
  }
}

/** What `check` makes of a value; where it throws INVALID_INPUT, what `wrong` makes of the reason. */
export function checked<T>(
  text: string,
  what: string,
  check: (value: string, what: string) => T,
  wrong: (problem: string) => undefined,
): T | undefined {
  try {
    return check(text, what)
  } catch (error) {
    if (!AzlinError.is(error, 'INVALID_INPUT')) throw error
    const { why, example } = error.details
    return wrong(`${what} ${JSON.stringify(text)} is not valid: ${why} (for example ${example})`)
  }
}

/** Undefined, and noted, where it is something else. */
export function mapOf(node: Node | null | undefined, words: string, notes: Notes): YAMLMap | undefined {
  if (isMap(node)) return node
  notes.add(node ?? undefined, `${words} needs keys and values`)
  return undefined
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : String(key)
}
