import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { hasLostStructure, isRaw, rawBehindZeros, rawData } from '../../../src/core/domain/disk-image/structure.js'
import { examine, exported, itWith, mebibyte, patched, Workshop } from './images.js'

describe('what a disk holds, in words', () => {
  it('is poorer with a table or a file system less, and never poorer than itself', () => {
    const rising = [
      [rawData, rawBehindZeros],
      ['GPT with 1 Linux filesystem.', 'MBR with no partitions.'],
      ['GPT with 1 Linux filesystem (ext4).', 'GPT with 1 Linux filesystem, 2 Linux filesystem (xfs).'],
      ['GPT with 1 EFI system (FAT32), 2 Linux filesystem (ext4).'],
    ]
    const level = fc.nat(rising.length - 1)
    fc.assert(
      fc.property(level, level, fc.nat(), (now, before, which) => {
        const one = (at: number) => rising[at]?.[which % (rising[at]?.length ?? 1)] ?? ''
        expect(hasLostStructure(one(now), one(before))).toBe(now < before)
      }),
    )
    expect([rawData, rawBehindZeros].every(isRaw)).toBe(true)
  })

  itWith('sgdisk', 'mkfs.ext4')('tells that a file system was overwritten with other data', async () => {
    const workshop = new Workshop()
    const disk = workshop.make(64 * mebibyte, ['sgdisk', '-n', '1:2048:+40M', '@'])
    const fs = workshop.make(40 * mebibyte, ['mkfs.ext4', '-q', '@'])
    const whole = patched(disk, mebibyte, fs.read(0, fs.length))
    const noise = Uint8Array.from({ length: 40 * mebibyte }, (_, at) => (at * 2654435761) >>> 24)
    const before = await examine(exported(whole))
    const now = await examine(exported(patched(disk, mebibyte, noise)))
    workshop.close()
    expect(now.ok).toBe(true)
    expect(hasLostStructure(now.summary, before.summary)).toBe(true)
    expect(hasLostStructure(before.summary, now.summary)).toBe(false)
  })
})
