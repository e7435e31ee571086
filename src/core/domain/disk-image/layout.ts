/** What kind of table a disk has, from its first and last sectors, also where one of them is damaged. */
import type { Mbr } from './mbr.js'
import { mbrPartition } from './mbr.js'
import { placementProblems } from './partitions.js'

export interface Signs {
  readonly mbr: Mbr
  /** Bytes per sector, if a primary GPT header is in sector 1. */
  readonly primaryGpt: 512 | 4096 | undefined
  /** The same for the last sector and the backup. */
  readonly backupGpt: 512 | 4096 | undefined
  /** Whether the disk begins as a file system does. */
  readonly fileSystem: boolean
  readonly sizeBytes: number
}

export type Layout =
  | { readonly table: 'gpt'; readonly sectorBytes: 512 | 4096 }
  | { readonly table: 'mbr' }
  | { readonly table: 'none' }

export function layoutOf({ mbr, primaryGpt, backupGpt, fileSystem, sizeBytes }: Signs): Layout {
  const gpt: Layout = { table: 'gpt', sectorBytes: primaryGpt ?? backupGpt ?? 512 }
  const used = mbr.entries.length > 0
  // One byte of type is as little as the two of the signature, where neither the GPT nor the entry bears it out.
  const certain = primaryGpt !== undefined || backupGpt !== undefined || mbr.inPlace || mbr.plausible
  if (mbr.signed && mbr.protective && certain) return gpt
  // A classic table beside a GPT means that the GPT is a leftover, unless an entry claims the place of the GPT itself.
  const leftover = primaryGpt === undefined || mbr.entries.every(({ firstSector }) => firstSector > 1)
  const classic = mbr.signed && mbr.plausible && used && leftover
  if (primaryGpt !== undefined && !classic) return gpt
  if (classic) return { table: 'mbr' }
  if (fileSystem) return { table: 'none' }
  if (backupGpt !== undefined || (mbr.plausible && mbr.protective)) return gpt
  // One of signature and flags may be damaged, if the entries still make sense; in other data they do not.
  const span = { from: 1, to: sizeBytes }
  const sensible =
    placementProblems(
      mbr.entries.map((entry) => mbrPartition(entry)),
      span,
    ).length === 0
  const halfThere = used && sensible && ((mbr.signed && mbr.nearlyPlausible) || mbr.plausible)
  const unused = !used && mbr.signed && mbr.plausible
  return halfThere || unused ? { table: 'mbr' } : { table: 'none' }
}
