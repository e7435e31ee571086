import { isZero } from '../domain/disk-image/fields.js'
import { headBytes } from '../domain/disk-image/file-system.js'
import type { Finding } from '../domain/disk-image/finding.js'
import { hasGptSignature } from '../domain/disk-image/gpt.js'
import { bootProblems, type JudgedPartition } from '../domain/disk-image/judged-disk.js'
import { layoutOf } from '../domain/disk-image/layout.js'
import { readMbr } from '../domain/disk-image/mbr.js'
import { rawData } from '../domain/disk-image/structure.js'
import { vhdFooter, vhdFooterBytes } from '../domain/disk-image/vhd-footer.js'
import type { ContainerExamination, DiskFacts } from './examination.js'
import { type ExaminedContent, examineContent, findLostFileSystem } from './examine-content.js'
import { type ExaminedTable, examineGpt } from './examine-gpt.js'
import { examineMbr } from './examine-mbr.js'
import type { ImageReader } from './image-reader.js'

/** The last sectors: a backup GPT of the usual size with sectors of 512 bytes, which is more than one with 4096 takes. */
const tailBytes = 33 * 512
const sectorSizes = [512, 4096] as const

/** Judges a fixed VHD: the footer, the partition table, what is in the partitions, and whether an OS can start. */
export async function examineVhd(reader: ImageReader, facts: DiskFacts): Promise<ContainerExamination> {
  const { sizeBytes, role } = facts
  const imageProblems = await examineFooter(reader, facts)
  const head = reader.peek(0, Math.min(headBytes, sizeBytes))
  const tailAt = Math.max(0, sizeBytes - tailBytes)
  const blank = isZero(head) && isZero(reader.peek(tailAt, sizeBytes - tailAt))
  const whole = await examineContent(reader, { offset: 0, length: sizeBytes })
  const mbr = readMbr(head.subarray(0, 512))
  const layout = layoutOf({
    mbr,
    primaryGpt: sectorSizes.find((bytes) => hasGptSignature(head.subarray(bytes))),
    backupGpt: sectorSizes.find((bytes) => hasGptSignature(reader.peek(sizeBytes - bytes, bytes))),
    fileSystem: whole.fileSystem !== undefined,
    sizeBytes,
  })
  const { table } = layout
  if (table === 'none') {
    const looked = role === 'data' && whole.fileSystem === undefined
    const trace = looked ? await findLostFileSystem(reader, { offset: 0, length: sizeBytes }) : undefined
    return withoutTable(whole, { blank, role, imageProblems, trace })
  }

  const examined =
    table === 'gpt'
      ? await examineGpt(reader, { sizeBytes, sectorBytes: layout.sectorBytes })
      : await examineMbr(reader, sizeBytes)
  const partitions = await examinePartitions(reader, examined, role)
  // Where both copies of the table are lost, that its partitions are not found says nothing more.
  const lost = partitions.length === 0 && examined.problems.length > 0
  const boot = role === 'os' && !lost ? bootProblems({ ...facts, bootCode: mbr.bootCode, partitions }) : []
  return {
    container: 'vhd',
    table,
    partitions: partitions.map(({ index, type, startByte, lengthByte, fileSystem, problems }) => ({
      index,
      type,
      startByte,
      lengthByte,
      fileSystem,
      problems,
    })),
    fileSystem: undefined,
    problems: [
      ...imageProblems,
      ...examined.problems,
      ...partitions.flatMap(({ index, fileSystem, type, problems }) =>
        findings(`partition ${index} (${fileSystem ?? type})`, problems),
      ),
      ...findings('disk', boot),
    ],
    notes: [
      ...examined.notes,
      ...partitions.flatMap(({ index, notes }) => notes.map((note) => `Partition ${index}: ${note}`)),
    ],
    blank,
    summary: describe(table, partitions),
  }
}

function findings(where: string, reasons: readonly string[]): Finding[] {
  return reasons.map((reason) => ({ where, reason }))
}

/** Reads the end of the disk with the footer behind it, as the one request gives both. */
async function examineFooter(reader: ImageReader, { sizeBytes, blobBytes }: DiskFacts): Promise<Finding[]> {
  const start = Math.max(0, sizeBytes - tailBytes)
  await reader.fetch({ offset: start, length: sizeBytes - start + vhdFooterBytes })
  if (blobBytes !== sizeBytes + vhdFooterBytes) {
    const want = `${sizeBytes + vhdFooterBytes} (the disk's ${sizeBytes} and a footer of ${vhdFooterBytes})`
    return findings('image', [`It has ${blobBytes} bytes and not ${want}.`])
  }
  const footer = vhdFooter(reader.peek(sizeBytes, vhdFooterBytes))
  if (!footer.ok) return findings('VHD footer', [footer.reason])
  if (footer.sizeBytes === sizeBytes) return []
  return findings('VHD footer', [`It gives a size of ${footer.sizeBytes} bytes, but the disk has ${sizeBytes}.`])
}

type Examined = JudgedPartition & { readonly notes: readonly string[] }

async function examinePartitions(
  reader: ImageReader,
  { partitions }: ExaminedTable,
  role: DiskFacts['role'],
): Promise<Examined[]> {
  const examined: Examined[] = []
  for (const partition of partitions) {
    if (partition.role === 'extended' || partition.role === 'bios boot') {
      examined.push({ ...partition, fileSystem: undefined, holdsRoot: false, problems: [], notes: [] })
      continue
    }
    const part = { offset: partition.startByte, length: partition.lengthByte }
    const content = await examineContent(reader, part)
    const missing = content.fileSystem === undefined && partition.role !== 'other'
    const expected = missing ? withoutFileSystem(content, role, await findLostFileSystem(reader, part)) : content
    examined.push({ ...partition, ...expected })
  }
  return examined
}

/** A partition that is meant for a file system has to have one on an OS disk; a data disk may await its formatting. */
function withoutFileSystem(
  content: ExaminedContent,
  role: DiskFacts['role'],
  trace: string | undefined,
): ExaminedContent {
  if (trace !== undefined) return { ...content, problems: [trace] }
  const reason = content.empty
    ? 'It is all zeros where its file system should begin.'
    : 'It holds no file system that is recognised.'
  return role === 'os' ? { ...content, problems: [reason] } : { ...content, notes: [reason] }
}

interface Bare extends Pick<DiskFacts, 'role'> {
  readonly blank: boolean
  readonly imageProblems: readonly Finding[]
  readonly trace: string | undefined
}

function withoutTable(whole: ExaminedContent, { blank, role, imageProblems, trace }: Bare): ContainerExamination {
  // Over a zeroed beginning the trace counts; over data, it is rather what an earlier use of the disk left.
  const lost = trace !== undefined && whole.empty ? [trace] : []
  const os = blank
    ? 'The disk is all zeros where its partition table should be.'
    : 'An OS disk needs a partition table, and this one has none.'
  const raw = blank
    ? 'The disk is all zeros where a partition table or file system would begin: it is unformatted or unused.'
    : rawData
  const { fileSystem } = whole
  return {
    container: 'vhd',
    table: 'none',
    partitions: [],
    fileSystem,
    problems: [
      ...imageProblems,
      ...findings('disk', role === 'os' ? [os] : []),
      ...findings('disk', lost),
      ...findings(`disk (${fileSystem ?? 'raw'})`, whole.problems),
    ],
    notes: fileSystem === undefined ? [raw, ...(trace === undefined ? [] : [trace])] : whole.notes,
    blank,
    summary: fileSystem === undefined ? raw : `No partition table; the whole disk is ${fileSystem}.`,
  }
}

function describe(table: 'gpt' | 'mbr', partitions: readonly JudgedPartition[]): string {
  const each = partitions.map(({ index, type, fileSystem }) =>
    fileSystem === undefined ? `${index} ${type}` : `${index} ${type} (${fileSystem})`,
  )
  return `${table.toUpperCase()} with ${each.length === 0 ? 'no partitions' : each.join(', ')}.`
}
