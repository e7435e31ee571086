import { afterAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { crc32 } from '../../../src/core/domain/disk-image/checksums.js'
import { gptHeader } from '../../../src/core/domain/disk-image/gpt.js'
import {
  composed,
  examine,
  exported,
  faults,
  flipped,
  held,
  type Image,
  itWith,
  mebibyte,
  patched,
  Workshop,
  zeroed,
  zeros,
} from './images.js'

const workshop = new Workshop()
afterAll(() => workshop.close())

const size = 64 * mebibyte
const partitioned = (bytes = size) =>
  workshop.make(bytes, [
    'sgdisk',
    '-n',
    '1:2048:+8M',
    '-t',
    '1:ef00',
    '-n',
    '2:0:+16M',
    '-t',
    '2:8300',
    '-n',
    '3:0:0',
    '@',
  ])
const last = size / 512 - 1

/** Changes a copy and makes its checksums right again, as if it had been written so. */
function rewritten(image: Image, headerAt: number, change: (header: DataView, entries: DataView) => void): Image {
  const header = Uint8Array.from(image.read(headerAt, 512))
  const view = new DataView(header.buffer)
  const entriesAt = Number(view.getBigUint64(72, true)) * 512
  const entries = Uint8Array.from(image.read(entriesAt, 128 * 128))
  change(view, new DataView(entries.buffer))
  view.setUint32(88, crc32(entries), true)
  view.setUint32(16, 0, true)
  view.setUint32(16, crc32(header.subarray(0, 92)), true)
  return composed(image, { at: headerAt, image: held(header) }, { at: entriesAt, image: held(entries) })
}

/** The same change in both copies, so that they agree. */
function inBoth(image: Image, change: (header: DataView, entries: DataView) => void): Image {
  return rewritten(rewritten(image, 512, change), last * 512, change)
}

describe('a GUID partition table', () => {
  itWith('sgdisk')('is sound as sgdisk makes it, and its partitions are listed', async () => {
    const { ok, table, partitions, bytesRead } = await examine(exported(partitioned()))
    expect({ ok, table }).toEqual({ ok: true, table: 'gpt' })
    expect(partitions.map(({ index, type, startByte, lengthByte }) => [index, type, startByte, lengthByte])).toEqual([
      [1, 'EFI system', mebibyte, 8 * mebibyte],
      [2, 'Linux filesystem', 9 * mebibyte, 16 * mebibyte],
      [3, 'Linux filesystem', 25 * mebibyte, expect.any(Number)],
    ])
    expect(bytesRead).toBeLessThan(mebibyte)
  })

  itWith('sfdisk')('is sound as sfdisk makes it', async () => {
    const image = workshop.script(size, 'label: gpt\n,16M,U\n,,L\n', ['sfdisk', '-q', '@'])
    const { problems, partitions } = await examine(exported(image))
    expect({ problems, types: partitions.map(({ type }) => type) }).toEqual({
      problems: [],
      types: ['EFI system', 'Linux filesystem'],
    })
  })

  itWith('sgdisk')('is caught with any bit of its headers turned over', () => {
    const image = partitioned()
    for (const [copy, sector] of [
      ['primary', 1],
      ['backup', last],
    ] as const) {
      const place = { copy, sector, sectorBytes: 512, diskSectors: last + 1 }
      const problems = (bytes: Uint8Array) => gptHeader(bytes, place).problems
      const header = Uint8Array.from(image.read(sector * 512, 512))
      expect(problems(header)).toEqual([])
      for (let bit = 0; bit < 92 * 8; bit++) {
        const damaged = Uint8Array.from(header, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
        expect([bit, problems(damaged).length]).toEqual([bit, 1])
      }
    }
  })

  itWith('sgdisk')('is caught with any bit of either copy turned over, and the copy is named', async () => {
    const image = partitioned()
    await fc.assert(
      fc.asyncProperty(fc.nat(91), fc.nat(7), fc.boolean(), async (byte, bit, primary) => {
        const found = await faults(flipped(image, (primary ? 1 : last) * 512 + byte, 1 << bit))
        expect(found.map((fault) => fault.split(':')[0])).toEqual([primary ? 'primary GPT' : 'backup GPT'])
      }),
      { numRuns: 100 },
    )
  })

  itWith('sgdisk')('is caught with any bit of its entries turned over, and the copy is named', async () => {
    const image = partitioned()
    await fc.assert(
      fc.asyncProperty(fc.nat(128 * 128 - 1), fc.nat(7), fc.boolean(), async (byte, bit, primary) => {
        const at = (primary ? 2 : last - 32) * 512 + byte
        const reason = `${primary ? 'primary' : 'backup'} GPT: Its entries' checksum does not match their bytes.`
        expect(await faults(flipped(image, at, 1 << bit))).toEqual([reason])
      }),
      { numRuns: 100 },
    )
  })

  itWith('sgdisk')('is read from the copy where the primary is lost', async () => {
    const { problems, partitions } = await examine(exported(zeroed(partitioned(), 512, 33 * 512)))
    expect(problems).toEqual([{ where: 'primary GPT', reason: 'Its header lacks the signature EFI PART.' }])
    expect(partitions).toHaveLength(3)
  })

  itWith('sgdisk')('is missed where the first sectors are gone, and where the last ones are', async () => {
    const image = partitioned()
    expect(await faults(zeroed(image, 0, 34 * 512))).toEqual([
      'protective MBR: The first sector lacks the boot signature 0x55AA.',
      'primary GPT: Its header lacks the signature EFI PART.',
    ])
    expect(await faults(zeroed(image, last * 512, 512))).toEqual([
      'backup GPT: Its header lacks the signature EFI PART.',
    ])
    expect(await faults(zeroed(zeroed(image, 512, 512), last * 512, 512))).toEqual([
      'primary GPT: Its header lacks the signature EFI PART.',
      'backup GPT: Its header lacks the signature EFI PART.',
    ])
  })

  itWith('sgdisk')('is missed without its protective entry, or with a wrong one', async () => {
    const image = partitioned()
    for (const [at, mask] of [
      [510, 0x01],
      [511, 0x80],
      [446, 0x01],
      [450, 0x10],
      [450, 0xee],
      [454, 0x02],
      [461, 0x80],
    ] as const) {
      const found = await faults(flipped(image, at, mask))
      expect([at, found.map((fault) => fault.split(':')[0])]).toEqual([at, ['protective MBR']])
    }
  })

  itWith('sgdisk')('is caught where its checksums are right and its contents are wrong', async () => {
    const image = partitioned()
    const entry = (index: number, field: number) => index * 128 + field
    const wrong: Readonly<Record<string, (header: DataView, entries: DataView) => void>> = {
      'primary GPT: Partitions 1 and 2 overlap.': (_, entries) => entries.setBigUint64(entry(1, 32), 4096n, true),
      'primary GPT: Partition 3 ends beyond the space for partitions.': (_, entries) =>
        entries.setBigUint64(entry(2, 40), BigInt(last), true),
      'primary GPT: Partition 1 begins before the space for partitions.': (_, entries) =>
        entries.setBigUint64(entry(0, 32), 3n, true),
      'primary GPT: Partition 2 ends before it begins.': (_, entries) => entries.setBigUint64(entry(1, 40), 0n, true),
      'primary GPT: Two partitions have the same GUID.': (_, entries) => {
        for (let at = 0; at < 16; at++) entries.setUint8(entry(1, 16 + at), entries.getUint8(entry(0, 16 + at)))
      },
      'primary GPT: Its usable space ends before it begins.': (header) => header.setBigUint64(48, 35n - 2n, true),
      'primary GPT: Its usable space goes beyond the end of the disk.': (header) =>
        header.setBigUint64(48, BigInt(last + 1), true),
      'primary GPT: It claims 128 entries of 129 bytes.': (header) => header.setUint32(84, 129, true),
      'primary GPT: It claims 4294967295 entries of 128 bytes.': (header) => header.setUint32(80, 0xffffffff, true),
      'primary GPT: It has revision 20000, and not 1.0.': (header) => header.setUint32(8, 0x20000, true),
    }
    for (const [fault, change] of Object.entries(wrong)) {
      const found = await faults(inBoth(image, change))
      expect(found).toContain(fault)
      expect(found).toContain(fault.replace('primary', 'backup'))
    }
  })

  itWith('sgdisk')('is caught where a header is not where it says, or the other one is not there', async () => {
    const image = partitioned()
    expect(await faults(rewritten(image, 512, (header) => header.setBigUint64(24, 2n, true)))).toEqual([
      'primary GPT: Its header says it lies in sector 2, but lies in 1.',
    ])
    expect(await faults(rewritten(image, last * 512, (header) => header.setBigUint64(32, 2n, true)))).toEqual([
      'backup GPT: Its header places the primary copy in sector 2, and not 1.',
    ])
    expect(await faults(rewritten(image, 512, (header) => header.setBigUint64(32, BigInt(last + 9), true)))).toEqual([
      `primary GPT: Its backup copy would lie in sector ${last + 9}, beyond the end of the disk.`,
    ])
    const misplaced = 'Its entries lie in the space for partitions or over a header.'
    for (const [copy, header, entries] of [
      ['primary', 1, 1],
      ['primary', 1, 3],
      ['backup', last, last - 31],
      ['backup', last, last - 33],
    ] as const) {
      const moved = rewritten(image, header * 512, (view) => view.setBigUint64(72, BigInt(entries), true))
      expect(await faults(moved)).toEqual([`${copy} GPT: ${misplaced}`])
    }
  })

  itWith('sgdisk')('is caught where both copies are sound and contradict each other', async () => {
    const image = partitioned()
    const found = async (change: (header: DataView, entries: DataView) => void) =>
      await faults(rewritten(image, last * 512, change))
    expect(await found((header) => header.setUint8(56, header.getUint8(56) ^ 1))).toEqual([
      'backup GPT: Its disk GUID differs from that of the primary copy.',
    ])
    expect(await found((header) => header.setBigUint64(40, 64n, true))).toEqual([
      'backup GPT: Its usable space differs from that of the primary copy.',
    ])
    expect(await found((_, entries) => entries.setUint8(60, 0x41))).toEqual([
      'backup GPT: Its entries differ from those of the primary copy.',
    ])
  })

  itWith('sgdisk')('is sound on a disk that has grown since, and caught when damaged there', async () => {
    const grown = composed(zeros(2 * size), { at: 0, image: partitioned() })
    const { ok, notes } = await examine(exported(grown))
    expect({ ok, note: notes[0] }).toEqual({
      ok: true,
      note: 'The disk has grown since it was partitioned; its table does not use the rest.',
    })
    const leftover = composed(grown, { at: 2 * size - 512, image: held(partitioned().read(last * 512, 512)) })
    expect(await faults(leftover)).toEqual([])
    expect(await faults(flipped(grown, last * 512 + 60))).toEqual([
      "backup GPT: Its header's checksum does not match its bytes.",
    ])
    expect(await faults(flipped(grown, 512 + 60))).toEqual([
      "primary GPT: Its header's checksum does not match its bytes.",
    ])
  })

  itWith('sgdisk')('is found with sectors of 4096 bytes', async () => {
    const small = partitioned()
    const sectors = size / 4096
    const place = (at: number, mine: number, other: number, entries: number) => {
      const bytes = new Uint8Array(4096)
      bytes.set(small.read(at, 512))
      const view = new DataView(bytes.buffer)
      for (const [field, value] of [
        [24, mine],
        [32, other],
        [40, 6],
        [48, sectors - 6],
        [72, entries],
      ] as const) {
        view.setBigUint64(field, BigInt(value), true)
      }
      view.setUint32(88, crc32(table), true)
      view.setUint32(16, 0, true)
      view.setUint32(16, crc32(bytes.subarray(0, 92)), true)
      return held(bytes)
    }
    const table = Uint8Array.from(small.read(1024, 128 * 128))
    const view = new DataView(table.buffer)
    for (const index of [0, 1, 2]) {
      view.setBigUint64(index * 128 + 32, BigInt(256 * (index + 1)), true)
      view.setBigUint64(index * 128 + 40, BigInt(256 * (index + 2) - 1), true)
    }
    const wide = composed(
      zeros(size),
      { at: 0, image: held(small.read(0, 512)) },
      { at: 4096, image: place(512, 1, sectors - 1, 2) },
      { at: 8192, image: held(table) },
      { at: (sectors - 5) * 4096, image: held(table) },
      { at: (sectors - 1) * 4096, image: place(last * 512, sectors - 1, 1, sectors - 5) },
    )
    // The protective entry counts sectors of the other size; in these, it is the last one.
    const protectedDisk = patched(wide, 458, Uint8Array.from([0xff, 0xff, 0xff, 0xff]))
    const { problems, partitions } = await examine(exported(protectedDisk))
    expect(problems).toEqual([])
    expect(partitions.map(({ startByte }) => startByte)).toEqual([mebibyte, 2 * mebibyte, 3 * mebibyte])
    expect(await faults(flipped(protectedDisk, 4096 + 70))).not.toEqual([])
    expect(await faults(flipped(protectedDisk, size - 4096 + 70))).not.toEqual([])
    expect(await faults(flipped(protectedDisk, size - 5 * 4096))).not.toEqual([])
  })

  it('is judged without throwing, whatever follows its signature', async () => {
    const signature = Uint8Array.from('EFI PART', (letter) => letter.charCodeAt(0))
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 500, maxLength: 40_000 }), async (bytes) => {
        const disk = patched(patched(zeros(mebibyte), 0, bytes), 512, signature)
        expect(await faults(disk)).not.toEqual([])
      }),
      { numRuns: 100 },
    )
  })
})
