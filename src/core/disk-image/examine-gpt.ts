import type { Finding } from '../domain/disk-image/finding.js'
import {
  entriesLength,
  type GptCopy,
  type GptHeader,
  gptDisagreements,
  gptEntries,
  gptHeader,
  hasGptSignature,
} from '../domain/disk-image/gpt.js'
import { protectiveMbrProblems, readMbr } from '../domain/disk-image/mbr.js'
import type { TablePartition } from '../domain/disk-image/partitions.js'
import type { ImageReader } from './image-reader.js'

export interface ExaminedTable {
  readonly partitions: readonly TablePartition[]
  readonly problems: readonly Finding[]
  readonly notes: readonly string[]
}

interface Copy {
  readonly header: GptHeader
  readonly entries: Uint8Array
  readonly partitions: readonly TablePartition[]
  readonly problems: readonly string[]
}

/** Reads and judges both copies, and the protective table in front of them. */
export async function examineGpt(
  reader: ImageReader,
  { sizeBytes, sectorBytes }: { readonly sizeBytes: number; readonly sectorBytes: number },
): Promise<ExaminedTable> {
  const diskSectors = Math.floor(sizeBytes / sectorBytes)
  const sectorAt = (sector: number) => reader.fetch({ offset: sector * sectorBytes, length: sectorBytes })

  async function copyAt(copy: GptCopy, sector: number): Promise<Copy> {
    const header = gptHeader(await sectorAt(sector), { copy, sector, sectorBytes, diskSectors })
    if (header.problems.length > 0)
      return { header, entries: new Uint8Array(), partitions: [], problems: header.problems }
    const range = { offset: header.entriesSector * sectorBytes, length: entriesLength(header) ?? 0 }
    const entries = await reader.fetch(range)
    return { header, entries, ...gptEntries(entries, header, sectorBytes) }
  }

  const primary = await copyAt('primary', 1)
  const last = diskSectors - 1
  const stated = primary.header.alternateSector
  const trusted = primary.header.problems.length === 0
  // A disk that grew keeps its backup where its end was. A damaged primary may still know where that is.
  const elsewhere = stated > 1 && stated < last && (trusted || !hasGptSignature(await sectorAt(last)))
  const backup = await copyAt('backup', elsewhere ? stated : last)

  const findings = (where: string, reasons: readonly string[]) => reasons.map((reason) => ({ where, reason }))
  const soundPrimary = primary.problems.length === 0
  const soundBackup = backup.problems.length === 0
  const contradictions = soundPrimary && soundBackup ? gptDisagreements(primary, backup) : []
  return {
    partitions: soundPrimary || !soundBackup ? primary.partitions : backup.partitions,
    problems: [
      ...findings('protective MBR', protectiveMbrProblems(readMbr(await sectorAt(0)), diskSectors)),
      ...findings('primary GPT', primary.problems),
      ...findings('backup GPT', [...backup.problems, ...contradictions]),
    ],
    notes:
      elsewhere && trusted ? ['The disk has grown since it was partitioned; its table does not use the rest.'] : [],
  }
}
