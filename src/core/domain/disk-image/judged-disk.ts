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

/** Why an OS would not start from the disk. What is wrong with a partition by itself is not said again. */
export function bootProblems(disk: OsDisk): string[] {
  const problems: string[] = []
  const sound = disk.partitions.filter(({ problems }) => problems.length === 0)
  const byUefi = sound.some(({ role, fileSystem }) => role === 'efi' && fileSystem?.startsWith('FAT'))
  const byBios = disk.bootCode || disk.partitions.some(({ role }) => role === 'bios boot')
  if (disk.generation === 'V2' && !byUefi) {
    problems.push('A machine of generation V2 needs an EFI system partition with a sound FAT file system.')
  }
  if (disk.generation === 'V1' && !byBios) {
    problems.push('A machine of generation V1 needs boot code in the first sector or a BIOS boot partition.')
  }
  if (disk.generation === undefined && !byUefi && !byBios) {
    problems.push('It has neither an EFI system partition with a sound FAT file system nor boot code.')
  }
  if (!sound.some(({ holdsRoot }) => holdsRoot)) {
    problems.push('None of its partitions has a sound file system that could be the root of an operating system.')
  }
  return problems
}
