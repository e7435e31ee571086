/** Which ranges of a disk are written, and with what. Everything outside them reads as zero. */
import type { ImageContent } from './content.js'
import { ext4LastBitmap, ext4Metadata } from './ext4.js'
import { blockBytes, blocksPerGroup, ext4Layout } from './ext4-layout.js'
import { fat32 } from './fat32.js'
import { backupTable, efiSystem, lastUsableSector, linuxFilesystem, type Partition, primaryTable } from './gpt.js'
import { bootRecord } from './mbr.js'
import { digest, noise } from './pseudo-random.js'
import { footerBytes, vhdFooter } from './vhd-footer.js'
import { vhdxLayout, vhdxParts } from './vhdx.js'

export interface Extent {
  readonly start: number
  readonly length: number
  /** Equal keys at equal places mean equal bytes. */
  readonly key: string
  readonly render: () => Buffer
}

const sector = 512
const mebibyte = 1024 * 1024
const gibibyte = 1024 * mebibyte
const efiSectors = 128 * 2048
/** Places in a file system (or raw disk) that a guest has written, and how large each is. */
const slots = 64
const slotBytes = 64 * 1024
/** A round of writing changes four of them; half of the places are only written once their round has come. */
const slotsPerRound = 4
const rounds = slots / slotsPerRound

/** In order, without overlap, for a disk of at least 256 MiB (`os`) or 64 MiB. */
export function extents(content: ImageContent): readonly Extent[] {
  const bytes = shownBytes(content)
  const { seed, trouble, container } = content
  const inner = trouble === 'zeroed' || content.kind === 'empty' ? [] : disk(content, bytes)
  if (container === 'vhdx') {
    const { dataStart } = vhdxLayout(bytes)
    const head = vhdxParts(bytes, seed).map((part) => extent(part.start, part.bytes.length, 'vhdx', () => part.bytes))
    return [...head, ...inner.map((one) => ({ ...one, start: one.start + dataStart }))]
  }
  const footer = () => vhdFooter(bytes, seed)
  return [
    ...inner,
    trouble === 'corrupt-footer'
      ? extent(bytes, footerBytes, 'broken footer', () => spoil(footer(), 44))
      : extent(bytes, footerBytes, 'footer', footer),
  ]
}

/** How large the disk seems from inside. */
export function shownBytes({ sizeBytes, trouble }: ImageContent): number {
  if (trouble !== 'wrong-size') return sizeBytes
  return sizeBytes > 2 * gibibyte ? sizeBytes - gibibyte : sizeBytes / 2
}

function disk(content: ImageContent, bytes: number): Extent[] {
  const { kind, seed, trouble } = content
  const partitioned = Math.min(bytes, content.partitionedBytes ?? bytes)
  if (kind === 'raw') return data(content, 0, partitioned)
  if (kind === 'os-bios') {
    const root = { type: linuxFilesystem, name: 'root', first: 2048, last: partitioned / sector - 1 }
    const record = () => bootRecord(seed, root)
    return [
      trouble === 'corrupt-primary-gpt'
        ? extent(0, sector, 'broken mbr', () => spoil(record(), 510))
        : extent(0, sector, `mbr ${partitioned}`, record),
      ...inside(content, root),
    ]
  }
  const partitions = plan(kind === 'os' ? 'os' : 'data', partitioned)
  const primary = () => primaryTable(partitioned, seed, partitions)
  const backup = () => backupTable(partitioned, seed, partitions)
  return [
    trouble === 'corrupt-primary-gpt'
      ? extent(0, 34 * sector, 'broken gpt', () => spoil(primary(), 2 * sector + 40))
      : extent(0, 34 * sector, `gpt ${partitioned}`, primary),
    ...partitions.flatMap((partition) => inside(content, partition)),
    trouble === 'corrupt-backup-gpt'
      ? extent(partitioned - 33 * sector, 33 * sector, 'broken backup', () => spoil(backup(), 40))
      : extent(partitioned - 33 * sector, 33 * sector, 'backup', backup),
  ]
}

function plan(kind: 'os' | 'data', bytes: number): Partition[] {
  const last = Math.floor((lastUsableSector(bytes) + 1) / 2048) * 2048 - 1
  if (kind === 'data') return [{ type: linuxFilesystem, name: 'data', first: 2048, last }]
  const root = 2048 + efiSectors
  return [
    { type: efiSystem, name: 'EFI System', first: 2048, last: root - 1 },
    { type: linuxFilesystem, name: 'root', first: root, last },
  ]
}

function inside(content: ImageContent, { type, name, first, last }: Partition): Extent[] {
  const start = first * sector
  const length = (last - first + 1) * sector
  if (type === efiSystem) {
    const broken = content.trouble === 'corrupt-boot-partition'
    return fat32(efiSectors, first, content.seed).map(({ offset, bytes }) =>
      broken && offset === 0
        ? extent(start, bytes.length, 'broken fat32', () => spoil(spoil(Buffer.from(bytes), 510), 11))
        : extent(start + offset, bytes.length, 'fat32', () => bytes),
    )
  }
  const { seed, generation } = content
  const metadata = () => ext4Metadata(length, { seed, generation, label: name === 'root' ? 'cloudimg-rootfs' : name })
  const broken = content.trouble === 'corrupt-filesystem'
  const layout = ext4Layout(length)
  const used = layout.free * blockBytes
  const lastGroup = start + (layout.groups - 1) * blocksPerGroup * blockBytes
  const found = [
    broken
      ? extent(start, used, 'broken ext4', () => spoil(metadata(), 1024 + 0x38))
      : extent(start, used, `ext4 ${generation}`, metadata),
    ...data(content, start, start + length, used),
  ]
  if (layout.groups > 1) found.push(extent(lastGroup, blockBytes, 'bitmap', () => ext4LastBitmap(layout)))
  return found.sort((one, other) => one.start - other.start)
}

/** The guest's data: one slot somewhere in each of 64 equal strides, clear of the metadata that opens each group. */
function data(content: ImageContent, start: number, end: number, reserved = 0): Extent[] {
  const groupBytes = blocksPerGroup * blockBytes
  const from = start + Math.ceil(reserved / slotBytes) * slotBytes
  const stride = Math.floor((end - from) / slots / slotBytes) * slotBytes
  const places = digest(content.seed, 'slots')
  const found: Extent[] = []
  for (let slot = 0; slot < slots; slot++) {
    const written = lastWritten(slot, content.generation)
    if (written === undefined) continue
    const choice = places.readUInt32LE((slot % 8) * 4) % Math.max(1, stride / slotBytes - 32)
    let at = from + slot * stride + choice * slotBytes
    if ((at - start) % groupBytes < mebibyte) at += mebibyte
    if (at + slotBytes > from + (slot + 1) * stride) continue
    const bytes = () => noise(slotBytes, content.seed, slot, written)
    found.push(extent(at, slotBytes, `data ${content.seed} ${slot} ${written}`, bytes))
  }
  return found
}

/** The round that last wrote a slot; 0 is before the first. Undefined: not written so far. */
function lastWritten(slot: number, generation: number): number | undefined {
  const turn = Math.floor(slot / slotsPerRound) + 1
  if (generation >= turn) return generation - ((generation - turn) % rounds)
  return turn <= rounds / 2 ? 0 : undefined
}

function extent(start: number, length: number, key: string, render: () => Buffer): Extent {
  return { start, length, key, render }
}

function spoil(bytes: Buffer, at: number): Buffer {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at)
  return bytes
}
