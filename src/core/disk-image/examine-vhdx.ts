import type { Finding } from '../domain/disk-image/finding.js'
import {
  type VhdxShape,
  vhdxHeaderAreaBytes,
  vhdxMetadataRange,
  vhdxProblems,
  vhdxShape,
} from '../domain/disk-image/vhdx.js'
import type { ContainerExamination, DiskFacts } from './examination.js'
import type { ImageReader } from './image-reader.js'

/** Judges a VHDX as far as its headers and the size in its metadata go. The blocks of the disk are not followed. */
export async function examineVhdx(reader: ImageReader, facts: DiskFacts): Promise<ContainerExamination> {
  const area = await reader.fetch({ offset: 0, length: vhdxHeaderAreaBytes })
  const problems = vhdxProblems(area, facts.blobBytes)
  const shape = problems.length === 0 ? vhdxShape(await reader.fetch(vhdxMetadataRange(area))) : undefined
  const sectors = typeof shape === 'object' ? shape.sectorBytes : 4096
  const summary = `VHDX of a disk with sectors of ${sectors} bytes; its headers and size were checked, and no more.`
  return {
    container: 'vhdx',
    table: 'none',
    partitions: [],
    fileSystem: undefined,
    problems: [...problems, ...shapeProblems(shape, facts)],
    notes: [summary],
    blank: false,
    summary,
  }
}

function shapeProblems(shape: VhdxShape | string | undefined, { sizeBytes, role }: DiskFacts): Finding[] {
  const problems: Finding[] = []
  if (typeof shape === 'string') problems.push({ where: 'VHDX metadata', reason: shape })
  if (typeof shape === 'object' && shape.sizeBytes !== sizeBytes) {
    const reason = `It gives a size of ${shape.sizeBytes} bytes, but the disk has ${sizeBytes}.`
    problems.push({ where: 'VHDX metadata', reason })
  }
  // Azure has no OS disks with such sectors, and nothing here could say that this one starts.
  if (role === 'os') problems.push({ where: 'disk', reason: 'An OS disk cannot be judged inside a VHDX.' })
  return problems
}
