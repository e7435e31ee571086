/** Partitions as a table of either kind gives them, and the rule that they lie on the disk and apart from each other. */

/** What a table says a partition is for. */
export type PartitionRole = 'efi' | 'bios boot' | 'file system' | 'extended' | 'other'

export interface TablePartition {
  /** As tools count them, from 1. */
  readonly index: number
  /** In words, such as 'EFI system'; the number or GUID where the type is not a common one. */
  readonly type: string
  readonly role: PartitionRole
  readonly startByte: number
  readonly lengthByte: number
}

/** `from` and `to` are the bytes that partitions may use. Logical partitions lie in their extended one, and may. */
export function placementProblems(
  partitions: readonly TablePartition[],
  { from, to }: { readonly from: number; readonly to: number },
): string[] {
  const problems: string[] = []
  for (const { index, startByte, lengthByte } of partitions) {
    if (lengthByte <= 0) problems.push(`Partition ${index} ends before it begins.`)
    if (startByte < from) problems.push(`Partition ${index} begins before the space for partitions.`)
    if (startByte + lengthByte > to) problems.push(`Partition ${index} ends beyond the space for partitions.`)
  }
  const apart = partitions
    .filter(({ role, lengthByte }) => role !== 'extended' && lengthByte > 0)
    .sort((one, other) => one.startByte - other.startByte)
  let furthest = apart[0]
  for (const partition of apart.slice(1)) {
    if (furthest === undefined) break
    const end = furthest.startByte + furthest.lengthByte
    if (partition.startByte < end) problems.push(`Partitions ${furthest.index} and ${partition.index} overlap.`)
    if (partition.startByte + partition.lengthByte > end) furthest = partition
  }
  return problems
}
