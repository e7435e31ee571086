/** What is read of a disk that was opened: its structure, a sample of its data, and at a deep verification all of it. */
import type { Clock } from '../clock.js'
import { examineDisk } from '../disk-image/examine.js'
import type { RecoveryDisk } from '../domain/backup.js'
import { wholeBlocks } from '../domain/disk-image/blocks.js'
import { isZero } from '../domain/disk-image/fields.js'
import type { ByteRange } from '../domain/disk-image/finding.js'
import { sampleRanges } from '../domain/disk-image/sample.js'
import { sliceOf } from '../domain/disk-image/slices.js'
import { rawBehindZeros } from '../domain/disk-image/structure.js'
import type { Depth, Fault } from '../domain/verification.js'
import type { DiskBlob } from '../ports/blobs.js'
import type { Run } from '../run.js'
import { readDeep } from './verify-deep.js'

export interface Reading {
  readonly content: string
  readonly blank: boolean
  readonly fault: Fault | undefined
  readonly problems: readonly string[]
  readonly notes: readonly string[]
  readonly bytesRead: number
  readonly allocatedBytes: number
  readonly digest: string | undefined
}

export interface ReadWish {
  readonly depth: Depth
  /** Draws the sample. */
  readonly seed: string
  readonly testDisk: string
  readonly clock: Clock
}

const gib = 1024 ** 3
const sample = { count: 64, bytesEach: 64 * 1024 } as const
const readsAtOnce = 8
/** SHA-256 of no bytes: blocks that are all zero are left out of a digest. */
const digestOfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** Rejects only with what the blob rejects with. */
export async function readDisk(
  blob: DiskBlob,
  { snapshot, lun }: RecoveryDisk,
  wish: ReadWish,
  run: Run,
): Promise<Reading> {
  const { signal } = run
  const sizeBytes = snapshot.sizeBytes ?? snapshot.sizeGb * gib
  const role = lun === null ? 'os' : 'data'
  const found = await examineDisk((offset, length) => blob.read(offset, length, signal), {
    sizeBytes,
    blobBytes: blob.sizeBytes,
    role,
    generation: snapshot.generation,
  })
  // What it holds is told once.
  const notes = found.notes.filter((note) => note !== found.summary)
  const common = { content: found.summary, blank: found.blank, notes, fault: undefined }
  const problems = found.problems.map(({ where, reason }) => `${where}: ${reason}`)

  const allocated = await blob.allocated(signal)
  const allocatedBytes = sumOf(allocated)
  // What is known to be broken is not read to its end.
  if (!found.ok)
    return { ...common, problems, fault: 'plain', bytesRead: found.bytesRead, allocatedBytes, digest: undefined }

  // Azure makes the footer of a VHD at each export anew; it is no content.
  const inside = within(allocated, found.container === 'vhd' ? sizeBytes : blob.sizeBytes)
  const sampled = await readSample(blob, inside, { ...wish, role }, signal)
  const bytesRead = found.bytesRead + sampled.bytesRead
  const seen = found.blank && sampled.holdsData ? { ...common, blank: false, content: rawBehindZeros } : common
  if (sampled.problems.length > 0)
    return { ...seen, problems: sampled.problems, fault: 'plain', bytesRead, allocatedBytes, digest: undefined }
  if (wish.depth === 'usual') return { ...seen, problems: [], bytesRead, allocatedBytes, digest: undefined }

  const blocks = wholeBlocks(inside, found.container === 'vhd' ? sizeBytes : blob.sizeBytes)
  const ranges = wish.depth === 'deep' ? blocks : sliceOf(blocks, wish.depth)
  const advanced = (percent: number, secondsLeft: number | undefined) =>
    run.report({ type: 'verify.progress', disk: wish.testDisk, percent, secondsLeft })
  const deep = await readDeep(blob, ranges, { clock: wish.clock, advanced }, signal)
  // A sample may miss what little there is.
  const read = seen.blank && deep.digest !== digestOfNothing ? { ...seen, blank: false, content: rawBehindZeros } : seen
  const isVhdx = found.container === 'vhdx'
  const unstable = 'A VHDX has identifiers that differ at each export, so it has no digest to be compared.'
  const isWhole = deep.problems.length === 0
  return {
    ...read,
    problems: deep.problems,
    fault: isWhole ? undefined : 'hidden',
    notes: isVhdx ? [...notes, unstable] : notes,
    bytesRead: bytesRead + deep.bytesRead,
    allocatedBytes,
    // What was read in part would be compared with the whole later.
    digest: isVhdx || !isWhole ? undefined : deep.digest,
  }
}

async function readSample(
  blob: DiskBlob,
  allocated: readonly ByteRange[],
  { seed, role }: ReadWish & { readonly role: 'os' | 'data' },
  signal: AbortSignal,
): Promise<{ readonly problems: readonly string[]; readonly bytesRead: number; readonly holdsData: boolean }> {
  const waiting = sampleRanges(allocated, seed, sample)
  const count = waiting.length
  const problems: string[] = []
  let bytesRead = 0
  let written = 0
  const reader = async () => {
    for (let range = waiting.shift(); range; range = waiting.shift()) {
      const { offset, length } = range
      const bytes = await blob.read(offset, length, signal)
      bytesRead += bytes.length
      if (!isZero(bytes)) written += 1
      if (bytes.length < length) problems.push(`Of the ${length} bytes at ${offset}, only ${bytes.length} came back.`)
    }
  }
  await Promise.all(Array.from({ length: readsAtOnce }, reader))
  if (role === 'os' && written === 0)
    problems.push(`Everything of the ${count} ranges that were read as a sample of its data is zero.`)
  return { problems, bytesRead, holdsData: written > 0 }
}

function within(ranges: readonly ByteRange[], end: number): ByteRange[] {
  return ranges.flatMap(({ offset, length }) =>
    offset < end ? [{ offset, length: Math.min(length, end - offset) }] : [],
  )
}

function sumOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { length }) => sum + length, 0)
}
