import { afterAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { vhdFooter } from '../../../src/sandbox/image/vhd-footer.js'
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
  truncated,
  Workshop,
  zeroed,
  zeros,
} from './images.js'

const workshop = new Workshop()
afterAll(() => workshop.close())

const size = 512 * mebibyte
const efiAt = 2 * mebibyte
const rootAt = 66 * mebibyte
const bootTools = ['sgdisk', 'mkfs.vfat', 'mkfs.ext4'] as const

/** As the images of Linux distributions are: BIOS boot, EFI system, root. */
function bootable({ root = ['mkfs.ext4', '-q', '@'] }: { readonly root?: readonly string[] } = {}): Image {
  const bios = ['-n', '14:2048:+1M', '-t', '14:ef02']
  const efi = ['-n', '15:4096:+64M', '-t', '15:ef00']
  const disk = workshop.make(size, ['sgdisk', ...bios, ...efi, '-n', '1:135168:0', '-t', '1:8300', '@'])
  return composed(
    disk,
    { at: efiAt, image: workshop.make(64 * mebibyte, ['mkfs.vfat', '-F', '32', '@']) },
    { at: rootAt, image: workshop.make(size - rootAt - mebibyte, root) },
  )
}

const os = { role: 'os' } as const
const v1 = { role: 'os', generation: 'V1' } as const
const v2 = { role: 'os', generation: 'V2' } as const

describe('an OS disk', () => {
  itWith(...bootTools)('passes in either generation, after few reads', async () => {
    const disk = exported(bootable())
    for (const facts of [os, v1, v2]) {
      const found = await examine(disk, facts)
      expect(found).toMatchObject({ ok: true, container: 'vhd', table: 'gpt', problems: [], blank: false })
      expect(found.summary).toBe('GPT with 1 Linux filesystem (ext4), 14 BIOS boot, 15 EFI system (FAT32).')
      expect(found.bytesRead).toBeLessThan(mebibyte)
    }
  })

  itWith(
    ...bootTools,
    'mkfs.xfs',
    'mkfs.btrfs',
    'mkfs.ntfs',
  )('passes with any file system that can be a root', async () => {
    for (const [root, name] of [
      [['mkfs.xfs', '-q', '@'], 'xfs'],
      [['mkfs.btrfs', '-q', '@'], 'btrfs'],
      [['mkfs.ntfs', '-q', '-F', '-Q', '@'], 'ntfs'],
    ] as const) {
      const found = await examine(exported(bootable({ root })), v2)
      expect([found.ok, found.partitions[0]?.fileSystem]).toEqual([true, name])
    }
  })

  itWith(...bootTools)('fails without a file system to be its root', async () => {
    const found = await faults(bootable({ root: ['mkfs.vfat', '@'] }), v2)
    expect(found).toEqual([
      'disk: None of its partitions has a sound file system that could be the root of an operating system.',
    ])
  })

  itWith(...bootTools, 'mkswap')(
    'fails with a zeroed, unknown or damaged root, and the partition is named',
    async () => {
      const nowhere =
        'disk: None of its partitions has a sound file system that could be the root of an operating system.'
      expect(await faults(zeroed(bootable(), rootAt, size - rootAt - mebibyte), v2)).toEqual([
        'partition 1 (Linux filesystem): It is all zeros where its file system should begin.',
        nowhere,
      ])
      expect(await faults(zeroed(bootable(), rootAt, 128 * 1024), v2)).toEqual([
        expect.stringMatching(/^partition 1 .*: Its beginning is not .* a superblock of ext4 lies at byte \d+\.$/),
        nowhere,
      ])
      expect(await faults(patched(bootable({ root: ['mkswap', '@'] }), rootAt + 4086, new Uint8Array(10)), v2)).toEqual(
        ['partition 1 (Linux filesystem): It holds no file system that is recognised.', nowhere],
      )
      expect(await faults(flipped(bootable(), rootAt + 1024 + 0x70), v2)).toEqual([
        "partition 1 (ext4): Its superblock's checksum does not match its bytes.",
        nowhere,
      ])
    },
  )

  itWith(...bootTools)('fails in generation V2 without a sound EFI system partition', async () => {
    const needs = 'disk: A machine of generation V2 needs an EFI system partition with a sound FAT file system.'
    expect(await faults(zeroed(bootable(), efiAt, 128 * 1024), v2)).toContain(needs)
    expect(await faults(flipped(bootable(), efiAt + 512), v2)).toContain(needs)
    expect(await faults(flipped(bootable(), efiAt + 512), v2)).toContain(
      'partition 15 (FAT32): Its FSInfo sector lacks its signatures.',
    )
  })

  itWith('sfdisk', 'mkfs.ext4')('passes with a classic table in generation V1 only with code to start', async () => {
    const table = workshop.script(64 * mebibyte, 'label: dos\n,,L,*\n', ['sfdisk', '-q', '@'])
    const root = workshop.make(63 * mebibyte, ['mkfs.ext4', '-q', '@'])
    const idle = composed(table, { at: mebibyte, image: root })
    const coded = patched(idle, 0, Uint8Array.of(0xeb, 0x63, 0x90))
    expect((await examine(exported(coded), v1)).ok).toBe(true)
    expect(await faults(idle, v1)).toEqual([
      'disk: A machine of generation V1 needs boot code in the first sector or a BIOS boot partition.',
    ])
    expect(await faults(idle, os)).toEqual([
      'disk: It has neither an EFI system partition with a sound FAT file system nor boot code.',
    ])
    expect(await faults(coded, v2)).toHaveLength(1)
  })

  it('fails where it is all zeros, and says so first', async () => {
    const found = await examine(exported(zeros(size)), v2)
    expect(found).toMatchObject({ ok: false, blank: true, table: 'none' })
    expect(found.problems).toEqual([
      { where: 'disk', reason: 'The disk is all zeros where its partition table should be.' },
    ])
    expect(found.summary).toBe('disk: The disk is all zeros where its partition table should be.')
  })

  itWith('mkfs.ext4')('fails without a partition table', async () => {
    const whole = workshop.make(64 * mebibyte, ['mkfs.ext4', '-q', '@'])
    expect(await faults(whole, os)).toEqual(['disk: An OS disk needs a partition table, and this one has none.'])
  })
})

describe('a data disk', () => {
  it('may be all zeros or raw, which is said', async () => {
    const blank = await examine(exported(zeros(size)))
    expect(blank).toMatchObject({ ok: true, blank: true, table: 'none', fileSystem: undefined })
    expect(blank.notes).toEqual([
      'The disk is all zeros where a partition table or file system would begin: it is unformatted or unused.',
    ])
    const raw = await examine(exported(patched(zeros(size), 5000, Uint8Array.of(1, 2, 3))))
    expect(raw).toMatchObject({ ok: true, blank: false, table: 'none', fileSystem: undefined })
    expect(raw.notes).toEqual(['The disk has no partition table and no file system that is recognised: it is raw.'])
  })

  itWith(
    'mkfs.ext4',
    'mkfs.vfat',
    'mkfs.ntfs',
  )('may be a file system from end to end, which has to be sound', async () => {
    for (const [name, command] of [
      ['ext4', ['mkfs.ext4', '-q', '@']],
      ['FAT32', ['mkfs.vfat', '-F', '32', '-I', '@']],
      ['ntfs', ['mkfs.ntfs', '-q', '-F', '-Q', '@']],
    ] as const) {
      const disk = workshop.make(64 * mebibyte, command)
      expect(await examine(exported(disk))).toMatchObject({
        ok: true,
        table: 'none',
        fileSystem: name,
        summary: `No partition table; the whole disk is ${name}.`,
      })
    }
    const disk = workshop.make(64 * mebibyte, ['mkfs.ext4', '-q', '@'])
    expect(await faults(flipped(disk, 1024 + 0x70))).toEqual([
      "disk (ext4): Its superblock's checksum does not match its bytes.",
    ])
  })

  itWith('sgdisk')('may have a partition that awaits its formatting, which is said', async () => {
    const disk = workshop.make(64 * mebibyte, ['sgdisk', '-n', '1:0:0', '@'])
    const notes = ['Partition 1: It is all zeros where its file system should begin.']
    expect(await examine(exported(disk))).toMatchObject({ ok: true, notes })
    // Two bytes alone, where a copy of a superblock would have its magic number, say nothing.
    const chance = patched(disk, 33 * mebibyte + 0x38, Uint8Array.of(0x53, 0xef))
    expect(await examine(exported(chance))).toMatchObject({ ok: true, notes })
  })

  itWith(
    'sgdisk',
    'mkfs.ext4',
    'mkfs.xfs',
    'mkfs.btrfs',
    'mkfs.ntfs',
  )('fails where the beginning of its file system was zeroed, which the copies inside show', async () => {
    const bytes = 384 * mebibyte
    const table = workshop.make(bytes + 2 * mebibyte, ['sgdisk', '-n', `1:2048:+${bytes / mebibyte}M`, '@'])
    const shown: readonly (readonly [string, readonly string[]])[] = [
      ['ext4', ['mkfs.ext4', '-q', '-b', '4096', '@']],
      ['ext4', ['mkfs.ext4', '-q', '-b', '1024', '@']],
      ['xfs', ['mkfs.xfs', '-q', '@']],
      ['btrfs', ['mkfs.btrfs', '-q', '@']],
      ['ntfs', ['mkfs.ntfs', '-q', '-F', '-Q', '@']],
    ]
    for (const [name, command] of shown) {
      const lost = zeroed(workshop.make(bytes, command), 0, mebibyte)
      const reason = new RegExp(`Its beginning is not .* superblock of ${name} lies at byte`)
      const partitioned = await faults(composed(table, { at: mebibyte, image: lost }))
      expect(partitioned).toEqual([expect.stringMatching(reason)])
      expect(await faults(lost)).toEqual([expect.stringMatching(reason)])
      // Data over the beginning of a disk without table may be a later use of it.
      const reused = patched(lost, 0, Uint8Array.of(7))
      expect(await examine(exported(reused))).toMatchObject({
        ok: true,
        notes: [expect.stringContaining('raw'), expect.stringMatching(reason)],
      })
    }
  })

  itWith('sgdisk', 'mkfs.ext4')('keeps a leftover of an earlier table at its end without harm', async () => {
    const table = workshop.make(64 * mebibyte, ['sgdisk', '-n', '1:0:0', '@'])
    const tail = held(table.read(64 * mebibyte - 33 * 512, 33 * 512))
    const whole = workshop.make(64 * mebibyte, ['mkfs.ext4', '-q', '@'])
    const disk = composed(whole, { at: 64 * mebibyte - 33 * 512, image: tail })
    expect(await examine(exported(disk))).toMatchObject({ ok: true, table: 'none', fileSystem: 'ext4' })
  })
})

describe('the blob of a disk', () => {
  it('has to be as long as the disk and a footer', async () => {
    const blob = exported(zeros(mebibyte))
    for (const length of [0, 512, mebibyte / 2, mebibyte, mebibyte + 511]) {
      const { problems } = await examine(truncated(blob, length), { sizeBytes: mebibyte })
      const want = `${mebibyte + 512} (the disk's ${mebibyte} and a footer of 512)`
      expect(problems[0]).toEqual({ where: 'image', reason: `It has ${length} bytes and not ${want}.` })
    }
  })

  it('has to have a sound footer, that gives the size of the disk', async () => {
    const blob = exported(zeros(mebibyte))
    const flaw = async (image: Image) => (await examine(image, { sizeBytes: mebibyte })).problems
    expect(await flaw(flipped(blob, mebibyte + 100))).toEqual([
      { where: 'VHD footer', reason: "The footer's checksum does not match its bytes." },
    ])
    expect(await flaw(zeroed(blob, mebibyte, 512))).toEqual([
      { where: 'VHD footer', reason: 'The footer does not begin with the cookie conectix.' },
    ])
    expect(await flaw(patched(blob, mebibyte, vhdFooter(2 * mebibyte, 'other')))).toEqual([
      { where: 'VHD footer', reason: 'It gives a size of 2097152 bytes, but the disk has 1048576.' },
    ])
  })

  it('fails where fewer bytes come back than were asked for', async () => {
    const blob = exported(zeros(mebibyte))
    const found = await examine({ ...blob, read: (offset, length) => blob.read(offset, length).subarray(0, 1000) })
    expect(found.problems[0]).toEqual({ where: 'image', reason: 'Of the 69632 bytes at 0, only 1000 came back.' })
  })

  it('passes on what reading throws', async () => {
    const broken: Image = {
      length: mebibyte + 512,
      read: () => {
        throw new RangeError('gone')
      },
    }
    await expect(examine(broken)).rejects.toThrow('gone')
  })

  it('is never read outside of its length, nor twice in the same place, whatever it holds', async () => {
    const someBytes = fc.uint8Array({ minLength: 0, maxLength: 3000 })
    await fc.assert(
      fc.asyncProperty(someBytes, someBytes, fc.boolean(), async (start, end, signed) => {
        let disk = patched(patched(zeros(mebibyte), 0, start), mebibyte - end.length, end)
        if (signed) disk = patched(disk, 510, Uint8Array.of(0x55, 0xaa))
        const blob = exported(disk)
        const asked: string[] = []
        const read = (offset: number, length: number) => {
          expect([offset >= 0, length > 0, offset + length <= blob.length]).toEqual([true, true, true])
          asked.push(`${offset} ${length}`)
          return blob.read(offset, length)
        }
        const { bytesRead } = await examine({ length: blob.length, read })
        expect(new Set(asked).size).toBe(asked.length)
        expect(bytesRead).toBe(asked.reduce((sum, range) => sum + Number(range.split(' ')[1]), 0))
      }),
      { numRuns: 200 },
    )
  })
})
