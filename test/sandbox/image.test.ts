import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { ImageContent } from '../../src/sandbox/image/content.js'
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
