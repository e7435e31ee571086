import { afterAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { held, type Image, itWith, mebibyte, patched, truncated, Workshop, zeros } from './images.js'
import { everyBitCounts, judge } from './judging.js'

const workshop = new Workshop()
afterAll(() => workshop.close())

/** The label that pvcreate 2.03 wrote to a device of 64 MiB; it takes no files, so it cannot be run here. */
const label = [
  '4c4142454c4f4e450100000000000000faf10f9a200000004c564d3220303031',
  '6a73395a77773332436669777379474b58685261474631317338557a6e626531',
  '0000000400000000000010000000000000000000000000000000000000000000',
  '0000000000000000001000000000000000f00f00000000000000000000000000',
  '000000000000000002',
]

function volume(): Image {
  return patched(zeros(64 * mebibyte), 512, Uint8Array.from(Buffer.from(label.join(''), 'hex')))
}

describe('formats that are known but not checked', () => {
  it('include a physical volume of LVM, whose label is', () => {
    const image = volume()
    const notes = ['The volumes inside LVM were not looked into.']
    expect(judge(image)).toEqual({ name: 'LVM', problems: [], notes })
    everyBitCounts(image, 512, 1024)
    expect(judge(image, 63 * mebibyte).problems).not.toEqual([])
  })

  itWith('mkswap')('include swap space', () => {
    const image = workshop.make(mebibyte, ['mkswap', '@'])
    expect(judge(image).name).toBe('swap')
    expect(judge(image).notes).toEqual(['swap is recognised, but its content is not checked.'])
  })

  itWith('mkfs.ext4')('include members of a Linux RAID, also made over another file system, wiped or not', () => {
    const superblock = Uint8Array.of(0xfc, 0x4e, 0x2b, 0xa9, 1, 0, 0, 0)
    const before = workshop.make(16 * mebibyte, ['mkfs.ext4', '-q', '@'])
    const wiped = patched(before, 1024 + 0x38, Uint8Array.of(0, 0))
    expect(judge(wiped).problems).not.toEqual([])
    for (const image of [
      patched(before, 4096, superblock),
      patched(wiped, 4096, superblock),
      patched(zeros(mebibyte), 0, superblock),
    ])
      expect(judge(image)).toMatchObject({ name: 'Linux RAID', problems: [] })
  })

  itWith('cryptsetup')('include LUKS, in both versions', () => {
    for (const type of ['luks1', 'luks2']) {
      const fast = ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000']
      const arguments_ = ['cryptsetup', 'luksFormat', '-q', '--type', type, ...fast, '@', '-']
      const image = workshop.script(32 * mebibyte, 'secret', arguments_)
      expect(judge(image)).toMatchObject({ name: 'LUKS', problems: [] })
    }
  })

  it('include BitLocker', () => {
    const name = Uint8Array.from('-FVE-FS-', (letter) => letter.charCodeAt(0))
    expect(judge(patched(zeros(mebibyte), 3, name))).toMatchObject({ name: 'BitLocker', problems: [] })
  })
})

describe('any bytes', () => {
  it('are judged without throwing, with the signature of any format set into them', () => {
    const signatures: readonly (readonly [number, string])[] = [
      [0, 'XFSB'],
      [3, 'NTFS    '],
      [512, 'LABELONE'],
      [1024 + 0x38, '\x53\xef'],
      [65536 + 0x40, '_BHRfS_M'],
      [82, 'FAT32'],
      [54, 'FAT16'],
    ]
    const someBytes = fc.uint8Array({ minLength: 0, maxLength: 5000 })
    fc.assert(
      fc.property(someBytes, someBytes, fc.subarray([...signatures]), fc.nat(70_000), (start, late, signs, length) => {
        let image = patched(patched(zeros(70_000), 65536, late), 0, start)
        for (const [at, text] of signs) {
          image = patched(
            image,
            at,
            Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
          )
        }
        const { problems } = judge(truncated(image, length), length)
        for (const problem of problems) expect(problem).toMatch(/^[A-Z].*\.$|its end is missing\.$/)
      }),
      { numRuns: 400 },
    )
  })

  it('that are random are no file system, not even with the short numbers of one set into them', () => {
    const numbers: readonly (readonly [number, readonly number[]])[] = [
      [1024 + 0x38, [0x53, 0xef]],
      [510, [0x55, 0xaa]],
      [0, [0xeb, 0x58, 0x90]],
    ]
    const someBytes = fc.uint8Array({ minLength: 4096, maxLength: 4096 })
    fc.assert(
      fc.property(someBytes, fc.subarray([...numbers]), (bytes, planted) => {
        for (const [at, number] of planted) bytes.set(number, at)
        expect(judge(held(bytes)).name).toBe(undefined)
      }),
      // As bytes of an encrypted disk are: without the preference for small numbers.
      { numRuns: 2000, unbiased: true },
    )
  })

  it('that are zero are no file system', () => {
    expect(judge(zeros(mebibyte)).name).toBe(undefined)
  })
})
