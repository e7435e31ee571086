import type { Finding } from '../domain/disk-image/finding.js'
import { logicalPartition, mbrPartition, mbrProblems, mbrSectorBytes, readMbr } from '../domain/disk-image/mbr.js'
import { placementProblems, type TablePartition } from '../domain/disk-image/partitions.js'
import type { ExaminedTable } from './examine-gpt.js'
import type { ImageReader } from './image-reader.js'

/** Linux counts no more of them, and a corrupt chain must not be followed for ever. */
const mostLogical = 60
const firstLogical = 5

/** Judges a classic partition table, and follows the chain of tables in an extended partition. */
export async function examineMbr(reader: ImageReader, sizeBytes: number): Promise<ExaminedTable> {
  const mbr = readMbr(await reader.fetch({ offset: 0, length: mbrSectorBytes }))
  const primary = mbr.entries.map((entry) => mbrPartition(entry))
  const problems = mbrProblems(mbr)
  const partitions = [...primary]
  for (const extended of primary.filter(({ role }) => role === 'extended')) {
    const chain = await followChain(reader, extended)
    partitions.push(...chain.partitions)
    problems.push(...chain.problems)
  }
  problems.push(...placementProblems(partitions, { from: mbrSectorBytes, to: sizeBytes }))
  const notes = mbr.entries.length === 0 ? ['The disk has a partition table without partitions.'] : []
  return { partitions, problems: problems.map((reason): Finding => ({ where: 'MBR', reason })), notes }
}

async function followChain(
  reader: ImageReader,
  extended: TablePartition,
): Promise<{ partitions: TablePartition[]; problems: string[] }> {
  const base = extended.startByte / mbrSectorBytes
  const partitions: TablePartition[] = []
  const visited = new Set<number>()
  const chainBroken = (reason: string) => ({
    partitions,
    problems: [`The chain of tables in partition ${extended.index} is broken. ${reason}`],
  })
  let next: number | undefined = 0
  while (next !== undefined) {
    if (visited.has(next) || visited.size >= mostLogical) return chainBroken('It does not end.')
    visited.add(next)
    if (next * mbrSectorBytes >= extended.lengthByte) return chainBroken('It leaves the partition.')
    const offset = (base + next) * mbrSectorBytes
    const link = logicalPartition(await reader.fetch({ offset, length: mbrSectorBytes }))
    if (link.problems.length > 0) return chainBroken(link.problems.join(' '))
    if (link.entry) {
      partitions.push(mbrPartition(link.entry, { index: firstLogical + partitions.length, base: base + next }))
    }
    next = link.next
  }
  return { partitions, problems: [] }
}
