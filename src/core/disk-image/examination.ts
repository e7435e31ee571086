import type { Finding } from '../domain/disk-image/finding.js'

export interface DiskFacts {
  /** Of the disk, as Azure and the backup state it. */
  readonly sizeBytes: number
  /** Of the blob, as its content length states it. */
  readonly blobBytes: number
  readonly role: 'os' | 'data'
  /** Hyper-V generation of the machine, where the disk says it. */
  readonly generation: 'V1' | 'V2' | undefined
}

export interface ExaminedPartition {
  readonly index: number
  readonly type: string
  readonly startByte: number
  readonly lengthByte: number
  /** Undefined: nothing that is recognised. */
  readonly fileSystem: string | undefined
  readonly problems: readonly string[]
}

export interface DiskExamination {
  /** No problems. */
  readonly ok: boolean
  readonly container: 'vhd' | 'vhdx'
  readonly table: 'gpt' | 'mbr' | 'none'
  readonly partitions: readonly ExaminedPartition[]
  /** Of the disk as a whole, where it has no partitions. */
  readonly fileSystem: string | undefined
  readonly problems: readonly Finding[]
  readonly notes: readonly string[]
  readonly bytesRead: number
  /** All zero wherever a table or file system could be. Only an unused data disk may be. */
  readonly blank: boolean
  /** One sentence. */
  readonly summary: string
}

/** What the rules for one kind of container add up to, before short reads are counted in. */
export type ContainerExamination = Omit<DiskExamination, 'ok' | 'bytesRead'>
