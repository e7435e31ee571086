/** What is known of a disk after its table and file systems were read, and whether an OS could start from it. */
import type { TablePartition } from './partitions.js'

export interface JudgedPartition extends TablePartition {
  /** Undefined: nothing that is recognised. */
  readonly fileSystem: string | undefined
  readonly holdsRoot: boolean
  readonly problems: readonly string[]
}

export interface OsDisk {
  readonly bootCode: boolean
  /** Hyper-V generation of the machine: V1 starts by BIOS, V2 by UEFI. Undefined: either will do. */
  readonly generation: 'V1' | 'V2' | undefined
  readonly partitions: readonly JudgedPartition[]
}

export interface BootVerdict {
  readonly problems: readonly string[]
  readonly notes: readonly string[]
}

/**
 * Whether an OS would start from the disk. What is there and damaged is a problem (what is wrong with a partition by
 * itself is not said again). What is not there is a note: the table vouches for itself, and so the disk that was backed
 * up did not have it either.
 */
export function bootVerdict({ bootCode, generation, partitions }: OsDisk): BootVerdict {
  const sound = partitions.filter(({ problems }) => problems.length === 0)
  const isEfi = ({ role }: JudgedPartition) => role === 'efi'
  const hasEfi = partitions.some(isEfi)
  const byUefi = sound.some((one) => isEfi(one) && one.fileSystem?.startsWith('FAT'))
  const byBios = bootCode || partitions.some(({ role }) => role === 'bios boot')
  const problems: string[] = []
  const notes: string[] = []
  if (generation === 'V2' && hasEfi && !byUefi) {
    problems.push('A machine of generation V2 needs an EFI system partition with a sound FAT file system.')
  }
  if (!sound.some(({ holdsRoot }) => holdsRoot)) {
    problems.push('None of its partitions has a sound file system that could be the root of an operating system.')
  }
  if (generation === 'V2' && !hasEfi) {
    notes.push('It has no EFI system partition, and a machine of generation V2 starts from one.')
  }
  if (generation === 'V1' && !byBios) {
    notes.push(
      'It has no boot code in the first sector and no BIOS boot partition, and a machine of generation V1 starts from these.',
    )
  }
  if (generation === undefined && !hasEfi && !byBios) {
    notes.push('It has neither an EFI system partition nor boot code, and a machine starts from one of these.')
  }
  return { problems, notes }
}
