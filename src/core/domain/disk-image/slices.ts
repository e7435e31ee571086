/** Dividing what is allocated on a disk, to read it in parts: over several runs, and over many requests. */
import type { ByteRange } from './finding.js'

const chunkBytes = 4 * 1024 * 1024

export interface Slice {
  /** Which one, from 1. */
  readonly part: number
  readonly of: number
}

/**
 * The part of the allocated ranges that one of several runs has to read. The parts are disjoint, and together they are
 * all of it, as every chunk of 4 MiB goes to the one part that the allocated bytes before it decide. `allocated` is in
 * order, without overlaps, and the same in every run.
 */
export function sliceOf(allocated: readonly ByteRange[], { part, of }: Slice): ByteRange[] {
  const total = allocated.reduce((sum, { length }) => sum + length, 0)
  const mine: ByteRange[] = []
  let before = 0
  let chunk = -1
  let owner = 0
  for (const piece of cut(allocated)) {
    const inChunk = Math.floor(piece.offset / chunkBytes)
    if (inChunk !== chunk) {
      chunk = inChunk
      owner = Math.floor((before / total) * of) + 1
    }
    before += piece.length
    if (owner !== part) continue
    const last = mine.at(-1)
    if (last !== undefined && last.offset + last.length === piece.offset) {
      mine[mine.length - 1] = { offset: last.offset, length: last.length + piece.length }
    } else mine.push(piece)
  }
  return mine
}

/** The same bytes in the same order, in ranges of at most `maxBytes`. */
export function* chunksOf(ranges: Iterable<ByteRange>, maxBytes: number): Generator<ByteRange> {
  for (const { offset, length } of ranges) {
    for (let done = 0; done < length; done += maxBytes) {
      yield { offset: offset + done, length: Math.min(maxBytes, length - done) }
    }
  }
}

function* cut(ranges: readonly ByteRange[]): Generator<ByteRange> {
  for (const { offset, length } of ranges) {
    for (let start = offset; start < offset + length; ) {
      const end = Math.min(offset + length, (Math.floor(start / chunkBytes) + 1) * chunkBytes)
      yield { offset: start, length: end - start }
      start = end
    }
  }
}
