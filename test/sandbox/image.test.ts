import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { ImageContent, ImageTrouble } from '../../src/sandbox/image/content.js'
import { imageBytes, pageRanges, pageRangesDiff, readRange } from '../../src/sandbox/image/image.js'

const mebibyte = 1024 * 1024
const os: ImageContent = { kind: 'os', sizeBytes: 1024 * mebibyte, seed: 'web-1', generation: 3 }
const data: ImageContent = { kind: 'data', sizeBytes: 64 * mebibyte, seed: 'db-1', generation: 0 }

const someContent: fc.Arbitrary<ImageContent> = fc.record({
  kind: fc.constantFrom('data' as const, 'raw' as const, 'empty' as const),
  sizeBytes: fc.constantFrom(64, 72).map((mebibytes) => mebibytes * mebibyte),
  seed: fc.constantFrom('one', 'two'),
  generation: fc.nat(40),
})

describe('a troubled image', () => {
  it('differs from the sound one in what the trouble says, and nowhere else', () => {
    const sound = readRange(os, 0, imageBytes(os))
    const differing = (trouble: ImageTrouble) => {
      const other = readRange({ ...os, trouble }, 0, imageBytes(os))
      const found: number[] = []
      for (let page = 0; page < sound.length; page += 512) {
        if (sound.compare(other, page, page + 512, page, page + 512) === 0) continue
        for (let at = page; at < page + 512; at++) if (sound[at] !== other[at]) found.push(at)
      }
      return found
    }
    const efi = 2048 * 512
    expect(differing('corrupt-footer')).toEqual([os.sizeBytes + 44])
    expect(differing('corrupt-boot-partition')).toEqual([efi + 11, efi + 510])
    expect(differing('corrupt-filesystem')).toEqual([efi + 128 * mebibyte + 1024 + 0x38])
    expect(differing('corrupt-primary-gpt')).toEqual([2 * 512 + 40])
    expect(differing('changed')).toEqual([])
  })

  it('can be sound and too small', () => {
    const small = { ...os, trouble: 'wrong-size' } as const
    const half = { ...os, sizeBytes: os.sizeBytes / 2 }
    expect(imageBytes(small)).toBe(imageBytes(half))
    expect(readRange(small, 0, 34 * 512).equals(readRange(half, 0, 34 * 512))).toBe(true)
  })
})

describe('an OS disk that starts by BIOS', () => {
  it('has boot code and one active partition with a file system, up to its end', () => {
    const bios: ImageContent = { ...os, kind: 'os-bios' }
    const mbr = readRange(bios, 0, 512)
    expect(mbr.readUInt16BE(510)).toBe(0x55aa)
    expect(isZero(mbr.subarray(0, 440))).toBe(false)
    expect([mbr.readUInt8(446), mbr.readUInt8(450), mbr.readUInt32LE(454)]).toEqual([0x80, 0x83, 2048])
    expect((mbr.readUInt32LE(454) + mbr.readUInt32LE(458)) * 512).toBe(bios.sizeBytes)
    expect(isZero(mbr.subarray(462, 510))).toBe(true)
    expect(readRange(bios, 2048 * 512 + 1024 + 0x38, 2).readUInt16LE()).toBe(0xef53)
  })
})

describe('a VHDX', () => {
  const vhdx: ImageContent = { kind: 'raw', sizeBytes: 96 * mebibyte, seed: 'big', generation: 1, container: 'vhdx' }
  const bytes = readRange(vhdx, 0, imageBytes(vhdx))
  /** Bit by bit, unlike the table that the image is made with. */
  const castagnoli = (part: Buffer) => {
    let value = 0xffffffff
    for (const byte of part) {
      value ^= byte
      for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
    }
    return (value ^ 0xffffffff) >>> 0
  }
  const checked = (at: number, length: number) => {
    const part = Buffer.from(bytes.subarray(at, at + length))
    const sum = part.readUInt32LE(4)
    part.writeUInt32LE(0, 4)
    return castagnoli(part) === sum
  }

  it('begins with two headers and two tables of regions with right checksums', () => {
    expect(bytes.toString('latin1', 0, 8)).toBe('vhdxfile')
    for (const at of [65_536, 131_072])
      expect([bytes.toString('latin1', at, at + 4), checked(at, 4096)]).toEqual(['head', true])
    for (const at of [196_608, 262_144])
      expect([bytes.toString('latin1', at, at + 4), checked(at, 65_536)]).toEqual(['regi', true])
  })

  it('leads by its table of blocks to the bytes of the disk', () => {
    const plain = readRange({ kind: 'raw', sizeBytes: vhdx.sizeBytes, seed: 'big', generation: 1 }, 0, vhdx.sizeBytes)
    const table = Number(bytes.readBigUInt64LE(196_608 + 16 + 16))
    for (let block = 0; block < 3; block++) {
      const entry = bytes.readBigUInt64LE(table + block * 8)
      expect(entry & 7n).toBe(6n)
      const at = Number(entry & ~0xfffffn)
      expect(
        bytes
          .subarray(at, at + 32 * mebibyte)
          .equals(plain.subarray(block * 32 * mebibyte, (block + 1) * 32 * mebibyte)),
      ).toBe(true)
    }
  })

  it('tells the size of the disk and of its sectors', () => {
    const metadata = Number(bytes.readBigUInt64LE(196_608 + 16 + 32 + 16))
    expect(bytes.toString('latin1', metadata, metadata + 8)).toBe('metadata')
    const items = Array.from({ length: bytes.readUInt16LE(metadata + 10) }, (_, index) => {
      const at = metadata + 32 + index * 32
      const start = metadata + bytes.readUInt32LE(at + 16)
      return bytes.subarray(start, start + bytes.readUInt32LE(at + 20))
    })
    expect(Number(items[1]?.readBigUInt64LE())).toBe(vhdx.sizeBytes)
    expect([items[3], items[4]].map((item) => item?.readUInt32LE())).toEqual([4096, 4096])
  })
})

describe('a rendered disk image', () => {
  it('has the same bytes whichever ranges it is read in', () => {
    const whole = readRange(data, 0, imageBytes(data))
    fc.assert(
      fc.property(fc.nat(imageBytes(data)), fc.nat(3 * mebibyte), (offset, length) => {
        expect(readRange(data, offset, length).equals(whole.subarray(offset, offset + length))).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it('reads as zero outside its page ranges and not inside them', () => {
    fc.assert(
      fc.property(someContent, (content) => {
        const whole = readRange(content, 0, imageBytes(content))
        let last = 0
        for (const { start, end } of pageRanges(content, 0, imageBytes(content))) {
          expect([start % 512, end % 512]).toEqual([0, 0])
          expect(isZero(whole.subarray(last, start))).toBe(true)
          expect(isZero(whole.subarray(start, end))).toBe(false)
          last = end
        }
        expect(last).toBe(content.sizeBytes + 512)
      }),
      { numRuns: 6 },
    )
  })

  it('becomes the later image when the differing pages are written over the earlier one', () => {
    fc.assert(
      fc.property(someContent, fc.nat(40), (content, generation) => {
        const later = { ...content, generation: content.generation + generation }
        const size = imageBytes(later)
        const built = readRange(content, 0, size)
        const { pages, cleared } = pageRangesDiff(content, later, 0, size)
        for (const { start, end } of cleared) built.fill(0, start, end)
        for (const { start, end } of pages) readRange(later, start, end - start).copy(built, start)
        expect(built.equals(readRange(later, 0, size))).toBe(true)
      }),
      { numRuns: 6 },
    )
  })

  it('changes little from one generation to the next, and nothing when the generation stays', () => {
    const changed = pageRangesDiff(os, { ...os, generation: 4 }, 0, imageBytes(os)).pages
    const bytes = changed.reduce((sum, { start, end }) => sum + end - start, 0)
    expect(bytes).toBeGreaterThan(4 * 64 * 1024 - 1)
    expect(bytes).toBeLessThan(2 * mebibyte)
    expect(pageRangesDiff(os, { ...os }, 0, imageBytes(os))).toEqual({ pages: [], cleared: [] })
  })

  it('ends in the footer of a fixed VHD of the right size', () => {
    const footer = readRange(os, os.sizeBytes, 1024)
    expect(footer.length).toBe(512)
    expect(footer.toString('latin1', 0, 8)).toBe('conectix')
    expect(footer.readBigUInt64BE(48)).toBe(BigInt(os.sizeBytes))
    expect(footer.readUInt32BE(60)).toBe(2)
    const sum = footer.reduce((total, byte, at) => (at >= 64 && at < 68 ? total : total + byte), 0)
    expect(footer.readUInt32BE(64)).toBe(~sum >>> 0)
  })

  it('keeps its backup partition table where it was when the disk has grown', () => {
    const grown: ImageContent = { ...data, sizeBytes: 128 * mebibyte, partitionedBytes: data.sizeBytes }
    expect(readRange(grown, data.sizeBytes - 512, 8).toString('latin1')).toBe('EFI PART')
    expect(isZero(readRange(grown, data.sizeBytes, data.sizeBytes))).toBe(true)
  })

  it('shows each trouble where it was asked for and nowhere else', () => {
    const troubled = (trouble: NonNullable<ImageContent['trouble']>) => ({ ...data, trouble })
    const differing = (trouble: NonNullable<ImageContent['trouble']>) => {
      const [sound, broken] = [data, troubled(trouble)].map((content) => readRange(content, 0, data.sizeBytes + 512))
      return differences(sound ?? Buffer.alloc(0), broken ?? Buffer.alloc(0))
    }
    expect(differing('corrupt-primary-gpt')).toEqual([2 * 512 + 40])
    expect(differing('corrupt-backup-gpt')).toEqual([data.sizeBytes - 33 * 512 + 40])
    expect(differing('corrupt-filesystem')).toEqual([mebibyte + 1024 + 0x38])
    expect(isZero(readRange(troubled('zeroed'), 0, data.sizeBytes))).toBe(true)
    expect(pageRanges(troubled('zeroed'), 0, data.sizeBytes)).toEqual([])
    expect(imageBytes(troubled('truncated'))).toBeLessThan(data.sizeBytes)
    expect(readRange(troubled('truncated'), data.sizeBytes, 512).length).toBe(0)
  })
})

describe('an image judged by the tools of others', () => {
  itWith('sgdisk', ['--version'])('has a partition table in which sgdisk finds no problems', () => {
    withFiles((folder) => {
      for (const content of [os, data]) {
        expect(String(execFileSync('sgdisk', ['-v', materialise(folder, content)]))).toContain('No problems found')
      }
    })
  })

  itWith('sgdisk', ['--version'])('has damage that sgdisk sees when damage was asked for', () => {
    withFiles((folder) => {
      const broken = materialise(folder, { ...data, trouble: 'corrupt-backup-gpt' })
      const { stdout, stderr } = spawnSync('sgdisk', ['-v', broken], { encoding: 'utf8' })
      expect(stdout + stderr).toMatch(/problem|CRC|damaged/i)
      expect(stdout).not.toContain('No problems found')
    })
  })

  itWith('e2fsck', ['-V'])('has ext4 file systems in which e2fsck finds nothing to mend', () => {
    withFiles((folder) => {
      for (const [content, start] of [
        [os, 129 * mebibyte],
        [data, mebibyte],
      ] as const) {
        const file = materialise(folder, content, start, content.sizeBytes - mebibyte)
        const { status, stdout } = spawnSync('e2fsck', ['-fn', file], { encoding: 'utf8' })
        expect({ status, stdout }).toEqual({ status: 0, stdout: expect.not.stringContaining('Fix?') })
        const header = String(execFileSync('dumpe2fs', ['-h', file], { stdio: ['ignore', 'pipe', 'ignore'] }))
        expect(header).toContain('metadata_csum')
      }
    })
  })
})

/** Runs the test where the tool is installed, and says so where it is not. */
function itWith(tool: string, args: readonly string[]): typeof it | typeof it.skip {
  if (!spawnSync(tool, args).error) return it
  console.warn(`${tool} is not installed (apt-get install gdisk e2fsprogs): its verdict is skipped.`)
  return it.skip
}

function withFiles(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'azlin-image-'))
  try {
    work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A sparse file with the bytes from `start` to `end`, without the footer. */
function materialise(folder: string, content: ImageContent, start = 0, end = content.sizeBytes): string {
  const file = join(folder, `${content.seed}-${start}.img`)
  const handle = openSync(file, 'w')
  ftruncateSync(handle, end - start)
  for (const range of pageRanges(content, start, end - start)) {
    writeSync(handle, readRange(content, range.start, range.end - range.start), 0, undefined, range.start - start)
  }
  closeSync(handle)
  return file
}

function isZero(bytes: Buffer): boolean {
  return bytes.equals(Buffer.alloc(bytes.length))
}

function differences(one: Buffer, other: Buffer): number[] {
  const found: number[] = []
  for (let at = 0; at < one.length; at += 4096) {
    if (one.subarray(at, at + 4096).equals(other.subarray(at, at + 4096))) continue
    for (let byte = at; byte < at + 4096 && byte < one.length; byte++) if (one[byte] !== other[byte]) found.push(byte)
  }
  return found
}
