import { afterAll, describe, expect } from '@jest/globals'
import fc from 'fast-check'
import { crc32c } from '../../../src/core/domain/disk-image/checksums.js'
import { flipped, itWith, mebibyte, patched, Workshop, zeroed } from './images.js'
import { caught, everyBitCounts, judge } from './judging.js'

const workshop = new Workshop()
afterAll(() => workshop.close())

const ext4 = () => workshop.make(32 * mebibyte, ['mkfs.ext4', '-q', '-O', 'metadata_csum,64bit', '@'])
const xfs = () => workshop.make(320 * mebibyte, ['mkfs.xfs', '-q', '@'])
const btrfs = () => workshop.make(128 * mebibyte, ['mkfs.btrfs', '-q', '@'])
const ntfs = () => workshop.make(16 * mebibyte, ['mkfs.ntfs', '-q', '-F', '-Q', '@'])
const fat32 = () => workshop.make(64 * mebibyte, ['mkfs.vfat', '-F', '32', '@'])

describe('ext4', () => {
  itWith('mkfs.ext4')('is sound as mkfs.ext4 makes it, with any size of block', () => {
    for (const block of ['1024', '2048', '4096']) {
      const image = workshop.make(32 * mebibyte, ['mkfs.ext4', '-q', '-b', block, '@'])
      expect(judge(image)).toEqual({ name: 'ext4', problems: [], notes: [] })
    }
    const clusters = workshop.make(32 * mebibyte, ['mkfs.ext4', '-q', '-O', 'bigalloc', '@'])
    expect(judge(clusters)).toEqual({ name: 'ext4', problems: [], notes: [] })
    const large = workshop.make(3 * 1024 * 1024 * mebibyte, ['mkfs.ext4', '-q', '-N', '100000', '@'])
    expect(judge(large)).toEqual({ name: 'ext4', problems: [], notes: [] })
  })

  itWith('mkfs.ext2', 'mkfs.ext3')('is told from its forerunners, which have no checksum', () => {
    const note = 'Its superblock has no checksum; only its fields were checked.'
    for (const name of ['ext2', 'ext3']) {
      const image = workshop.make(16 * mebibyte, [`mkfs.${name}`, '-q', '@'])
      expect(judge(image)).toEqual({ name, problems: [], notes: [note] })
    }
  })

  itWith('mkfs.ext4')('is caught with any bit of its superblock turned over', () => {
    everyBitCounts(ext4(), 1024, 2048)
  })

  itWith('mkfs.ext4')('is caught without checksums where its numbers cannot be', () => {
    const image = workshop.make(16 * mebibyte, ['mkfs.ext4', '-q', '-O', '^metadata_csum', '@'])
    expect(judge(image).problems).toEqual([])
    const fields = { inodes: 0x00, blocks: 0x06, free: 0x0e, blockSize: 0x18, perGroup: 0x20, inodesPerGroup: 0x28 }
    for (const at of Object.values(fields)) expect(judge(flipped(image, 1024 + at, 0x40)).problems).not.toEqual([])
  })

  itWith('mkfs.ext2', 'mkfs.ext3')('is known without checksums with any bit of its superblock turned over', () => {
    const makers: readonly (readonly string[])[] = [['mkfs.ext2', '-r', '0'], ['mkfs.ext2'], ['mkfs.ext3']]
    for (const [tool = '', ...how] of makers) {
      const image = workshop.make(16 * mebibyte, [tool, '-q', ...how, '@'])
      const missed: number[] = []
      for (let bit = 0; bit < 1024 * 8; bit++) {
        const name = judge(flipped(image, 1024 + Math.floor(bit / 8), 1 << (bit % 8))).name
        if (name === undefined) missed.push(bit)
      }
      expect([tool, missed]).toEqual([tool, []])
      expect(judge(flipped(image, 1024 + 0x38, 0x01)).problems).toEqual([
        'Its superblock lacks the magic number 0xEF53.',
      ])
    }
  })

  itWith('mkfs.ext2')('is known and caught where several of its fields are lost', () => {
    const image = workshop.make(16 * mebibyte, ['mkfs.ext2', '-q', '@'])
    const length = fc.integer({ min: 1, max: 40 })
    const place = fc.integer({ min: 0, max: 0x38 })
    fc.assert(
      fc.property(place, length, fc.constantFrom('zeros', 'ones'), (at, count, what) => {
        fc.pre(at + count <= 0x38)
        const damage = new Uint8Array(count).fill(what === 'zeros' ? 0 : 0xff)
        expect(judge(patched(image, 1024 + at, damage)).name).toMatch(/^ext[234]$/)
      }),
    )
    expect(caught(zeroed(image, 1024, 0x38))).toBe(true)
    expect(caught(zeroed(image, 1024 + 0x3a, 0x300))).toBe(false)
  })

  itWith('mkfs.ext4')('passes as the journal of a file system elsewhere, and says so', () => {
    const image = workshop.make(64 * mebibyte, ['mkfs.ext4', '-q', '-O', 'journal_dev', '@'])
    expect(judge(image).problems).toEqual([])
    expect(judge(image).notes[0]).toBe('It is the journal of a file system on another disk.')
    expect(judge(image, 63 * mebibyte).problems.join()).toContain('its end is missing')
  })

  itWith('mkfs.ext4')('is caught in a partition that is shorter than it says', () => {
    expect(judge(ext4(), 31 * mebibyte).problems.join()).toContain('its end is missing')
  })

  itWith('mkfs.ext4')('is caught where its checksum is right and its numbers are wrong', () => {
    const wrong = (at: number, value: number) => {
      const superblock = Uint8Array.from(ext4().read(1024, 1024))
      const view = new DataView(superblock.buffer)
      view.setUint32(at, value, true)
      view.setUint32(0x3fc, ~crc32c(superblock.subarray(0, 0x3fc)), true)
      return judge(patched(ext4(), 1024, superblock)).problems
    }
    expect(wrong(0x150, 1).join()).toContain('its end is missing')
    expect(wrong(0x158, 1).join()).toContain('free blocks')
    expect(wrong(0x18, 9)).toEqual(['It claims blocks of 2^19 bytes.'])
    expect(wrong(0x174, 0x300)).toEqual(['It names an unknown kind of checksum.'])
  })

  itWith('mkfs.ext4')('passes with errors that the guest had recorded, and says so', () => {
    const image = workshop.make(16 * mebibyte, ['mkfs.ext3', '-q', '@'])
    const { problems, notes } = judge(patched(image, 1024 + 0x3a, Uint8Array.of(3, 0)))
    expect({ problems, first: notes[0] }).toEqual({
      problems: [],
      first: 'The guest had recorded errors in this file system before the backup.',
    })
  })
})

describe('XFS', () => {
  itWith('mkfs.xfs')('is sound as mkfs.xfs makes it', () => {
    expect(judge(xfs())).toEqual({ name: 'xfs', problems: [], notes: [] })
    const wide = workshop.make(320 * mebibyte, ['mkfs.xfs', '-q', '-s', 'size=4096', '@'])
    expect(judge(wide)).toEqual({ name: 'xfs', problems: [], notes: [] })
  })

  itWith('mkfs.xfs')('is caught with any bit of its superblock turned over', () => {
    everyBitCounts(xfs(), 0, 512)
  })

  itWith('mkfs.xfs')('is sound in version 4, without checksum, and caught where its numbers cannot be', () => {
    const image = workshop.make(320 * mebibyte, ['mkfs.xfs', '-q', '-m', 'crc=0', '@'])
    expect(judge(image).problems).toEqual([])
    expect(judge(image).notes).toEqual(['Its superblock has no checksum; only its fields were checked.'])
    for (const at of [4, 6, 8, 84, 91, 101, 103, 120, 126])
      expect([at, caught(flipped(image, at, 0x82))]).toEqual([at, true])
  })

  itWith('mkfs.xfs')('is caught in a partition that is shorter than it says', () => {
    expect(judge(xfs(), 319 * mebibyte).problems.join()).toContain('its end is missing')
  })
})

describe('btrfs', () => {
  itWith('mkfs.btrfs')('is sound as mkfs.btrfs makes it', () => {
    expect(judge(btrfs())).toEqual({ name: 'btrfs', problems: [], notes: [] })
  })

  itWith('mkfs.btrfs')('says which checksums it does not compute', () => {
    const image = workshop.make(128 * mebibyte, ['mkfs.btrfs', '-q', '--csum', 'xxhash', '@'])
    const notes = ["Its superblock's checksum is xxhash64, which is not computed here."]
    expect(judge(image)).toEqual({ name: 'btrfs', problems: [], notes })
  })

  itWith('mkfs.btrfs')('is caught with any bit of its superblock turned over', () => {
    const image = btrfs()
    everyBitCounts(image, 65536, 65540)
    everyBitCounts(image, 65568, 65568 + 1024)
    for (let at = 65568 + 1024; at < 65536 + 4096; at += 7) expect(caught(flipped(image, at, 1 << (at % 8)))).toBe(true)
  })

  itWith('mkfs.btrfs')('is caught where its checksum is right and its numbers are wrong', () => {
    const rewritten = (...changes: readonly (readonly [number, number])[]) => {
      const superblock = Uint8Array.from(btrfs().read(65536, 4096))
      const view = new DataView(superblock.buffer)
      for (const [at, value] of changes) view.setBigUint64(at, BigInt(value), true)
      view.setUint32(0, crc32c(superblock.subarray(32)), true)
      return judge(patched(btrfs(), 65536, superblock)).problems
    }
    expect(rewritten([0x30, 64 * mebibyte])).toEqual(['Its superblock says it belongs elsewhere.'])
    expect(rewritten([0x78, 2 ** 40]).join()).toContain('It claims 1099511627776 used bytes')
    expect(rewritten([0x70, 2 ** 40]).join()).toContain('its end is missing')
    // Of a file system on two devices, this one has its own share only.
    expect(rewritten([0x70, 2 ** 40], [0x88, 2])).toEqual([])
    expect(rewritten([0xd1, 2 ** 40], [0x88, 2]).join()).toContain('its end is missing')
  })

  itWith('mkfs.btrfs')('is caught in a partition that is shorter than it says', () => {
    expect(judge(btrfs(), 127 * mebibyte).problems.join()).toContain('its end is missing')
  })
})

describe('NTFS', () => {
  itWith('mkfs.ntfs')('is sound as mkfs.ntfs makes it, with any size of cluster', () => {
    for (const cluster of ['512', '4096', '65536', '262144']) {
      const image = workshop.make(64 * mebibyte, ['mkfs.ntfs', '-q', '-F', '-Q', '-c', cluster, '@'])
      expect(judge(image)).toEqual({ name: 'ntfs', problems: [], notes: [] })
    }
  })

  itWith('mkfs.ntfs')('is caught with any byte changed that gives its shape, and says where the copy differs', () => {
    const image = ntfs()
    const copy = image.length - 512
    for (let at = 0; at < 512; at++) {
      const shape = (at >= 11 && at < 72) || at >= 510
      for (const changed of [judge(flipped(image, at)), judge(flipped(image, copy + at))]) {
        if (at >= 3 && at < 11) continue
        expect([at, changed.problems.length > 0, changed.notes.length > 0]).toEqual([at, shape, !shape])
      }
    }
    // Without its name, nothing tells it from a sector of program.
    expect(judge(flipped(image, 3)).name).toBe(undefined)
    expect(caught(flipped(image, copy + 3))).toBe(true)
  })

  itWith('mkfs.ntfs')('is caught with its master file table or the copy of it zeroed', () => {
    const image = ntfs()
    const view = new DataView(image.read(0, 512).slice().buffer)
    const cluster = view.getUint16(11, true) * view.getUint8(13)
    for (const field of [48, 56]) {
      expect(caught(zeroed(image, Number(view.getBigUint64(field, true)) * cluster, 4096))).toBe(true)
    }
  })

  itWith('mkfs.ntfs')('is caught in a partition that is shorter than it says', () => {
    expect(judge(ntfs(), 15 * mebibyte).problems.join()).toContain('its end is missing')
    expect(caught(zeroed(ntfs(), 16 * mebibyte - 512, 512))).toBe(true)
  })
})

describe('FAT', () => {
  itWith('mkfs.vfat')('is sound as mkfs.vfat makes it, in all three widths', () => {
    for (const [bits, size] of [
      ['12', 4],
      ['16', 32],
      ['32', 64],
      ['32', 512],
    ] as const) {
      const image = workshop.make(size * mebibyte, ['mkfs.vfat', '-F', bits, '@'])
      expect(judge(image)).toEqual({ name: `FAT${bits}`, problems: [], notes: [] })
    }
    const wide = workshop.make(512 * mebibyte, ['mkfs.vfat', '-F', '32', '-S', '4096', '@'])
    expect(judge(wide)).toEqual({ name: 'FAT32', problems: [], notes: [] })
  })

  itWith('mkfs.vfat')('is caught with any byte changed that gives its shape, and says where the copy differs', () => {
    const image = fat32()
    for (let at = 0; at < 512; at++) {
      const shape = at >= 11 && at < 64
      const flags = at === 65
      const first = judge(flipped(image, at))
      const copy = judge(flipped(image, 6 * 512 + at))
      const start = at === 0 || at === 2 || at >= 510
      expect([at, first.problems.length > 0, first.notes.length > 0]).toEqual([
        at,
        shape || start,
        !shape && !start && !flags,
      ])
      expect([at, copy.problems.length > 0, copy.notes.length > 0]).toEqual([at, shape, !shape && !flags])
    }
  })

  itWith('mkfs.vfat')('is caught with a signature of FSInfo changed, or the start of a table', () => {
    const image = fat32()
    const view = new DataView(image.read(0, 512).slice().buffer)
    const table = view.getUint16(14, true) * 512
    const second = table + view.getUint32(36, true) * 512
    for (const at of [512, 515, 512 + 484, 512 + 487, 512 + 510, 512 + 511, table, second]) {
      expect([at, caught(flipped(image, at))]).toEqual([at, true])
    }
  })

  itWith('mkfs.vfat')('is caught in FAT16, which has no copy, where its numbers cannot be', () => {
    const image = workshop.make(32 * mebibyte, ['mkfs.vfat', '-F', '16', '@'])
    for (const at of [0, 11, 12, 13, 15, 16, 21, 23, 510, 511]) {
      expect([at, caught(flipped(image, at))]).toEqual([at, true])
    }
    expect(judge(patched(image, 22, Uint8Array.of(1, 0))).problems).toEqual([
      'Its tables are too small for its clusters.',
    ])
  })

  itWith('mkfs.vfat')('is caught in a partition that is shorter than it says', () => {
    expect(judge(fat32(), 63 * mebibyte).problems.join()).toContain('its end is missing')
  })
})
