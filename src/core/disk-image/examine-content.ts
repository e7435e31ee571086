import { isZero } from '../domain/disk-image/fields.js'
import { headBytes } from '../domain/disk-image/file-system.js'
import { recogniseFileSystem } from '../domain/disk-image/file-systems.js'
import type { ByteRange, Verdict } from '../domain/disk-image/finding.js'
import { lostFileSystem, traceRanges } from '../domain/disk-image/traces.js'
import type { ImageReader } from './image-reader.js'

export interface ExaminedContent extends Verdict {
  /** Undefined: nothing that is recognised. */
  readonly fileSystem: string | undefined
  readonly holdsRoot: boolean
  /** All zero where a file system would begin. */
  readonly empty: boolean
}

/** Reads and judges what is in a partition, or on a disk that has none. */
export async function examineContent(reader: ImageReader, part: ByteRange): Promise<ExaminedContent> {
  const head = await reader.fetch({ offset: part.offset, length: Math.min(headBytes, part.length) })
  const peek = reader.peekInto(part)
  const recognised = recogniseFileSystem(peek)
  if (recognised === undefined) {
    return { fileSystem: undefined, holdsRoot: false, empty: isZero(head), problems: [], notes: [] }
  }
  const { name, format } = recognised
  for (const { offset, length } of format.needs?.(peek, part.length) ?? []) {
    await reader.fetch({ offset: part.offset + offset, length })
  }
  return { fileSystem: name, holdsRoot: format.holdsRoot, empty: false, ...format.judge(peek, part.length) }
}

/** Reads what is needed to tell a partition whose file system lost its beginning from one that has none. */
export async function findLostFileSystem(reader: ImageReader, part: ByteRange): Promise<string | undefined> {
  for (const { offset, length } of traceRanges(part.length)) {
    await reader.fetch({ offset: part.offset + offset, length })
  }
  return lostFileSystem(reader.peekInto(part), part.length)
}
