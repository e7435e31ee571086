/**
 * Verification's reading of one exported disk: a few small ranges, by which a zeroed, truncated or corrupt image is told
 * from a sound one. The rules are in `domain/disk-image`; this decides what to read, and in which order.
 */
import { headBytes } from '../domain/disk-image/file-system.js'
import { isVhdx } from '../domain/disk-image/vhdx.js'
import type { DiskExamination, DiskFacts } from './examination.js'
import { examineVhd } from './examine-vhd.js'
import { examineVhdx } from './examine-vhdx.js'
import { ImageReader, type ReadRange } from './image-reader.js'

/** Rejects only with what `read` rejects with; whatever the bytes are, the answer is an examination. */
export async function examineDisk(read: ReadRange, facts: DiskFacts): Promise<DiskExamination> {
  const reader = new ImageReader(read, facts.blobBytes)
  const head = await reader.fetch({ offset: 0, length: headBytes })
  const found = isVhdx(head) ? await examineVhdx(reader, facts) : await examineVhd(reader, facts)
  const problems = [...reader.shortReads, ...found.problems]
  const summary = problems[0] ? `${problems[0].where}: ${problems[0].reason}` : found.summary
  return { ...found, ok: problems.length === 0, problems, summary, bytesRead: reader.bytesRead }
}
