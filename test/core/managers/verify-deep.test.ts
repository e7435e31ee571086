/** Reading everything: the digest, the order, and how much is in memory. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { systemClock } from '../../../src/core/clock.js'
import { blockBytes, wholeBlocks } from '../../../src/core/domain/disk-image/blocks.js'
import type { ByteRange } from '../../../src/core/domain/disk-image/finding.js'
import { readDeep } from '../../../src/core/managers/verify-deep.js'
import { readDisk } from '../../../src/core/managers/verify-read.js'
import type { DiskBlob } from '../../../src/core/ports/blobs.js'
import { vhdFooter } from '../../../src/sandbox/image/vhd-footer.js'
import { snapshot } from '../support/builders.js'

const signal = AbortSignal.timeout(60_000)
const deps = { clock: systemClock(), advanced: () => {} }

function blobOf(content: Buffer, slow: () => Promise<void> = async () => {}) {
  let [now, most] = [0, 0]
  const blob: DiskBlob & { readonly most: number } = {
    sizeBytes: content.length,
    requests: 0,
    allocated: async () => [],
    read: async (offset, length) => {
      now += length
      most = Math.max(most, now)
      await slow()
      now -= length
      return content.subarray(offset, offset + length)
    },
    get most() {
      return most
    },
  }
  return blob
}

/** The digest as docs/verification.md states it. */
function plainDigest(content: Buffer): string {
  const hash = createHash('sha256')
  for (let at = 0; at < content.length; at += blockBytes) {
    const block = content.subarray(at, at + blockBytes)
    if (block.every((byte) => byte === 0)) continue
    const place = Buffer.alloc(8)
    place.writeBigUInt64LE(BigInt(at))
    hash.update(place).update(block)
  }
  return hash.digest('hex')
}

describe('the digest of everything', () => {
  it('is that of the content, however Azure divides what is allocated, and in whatever order it answers', async () => {
    const size = 12 * blockBytes + 512
    const write = fc.record({
      page: fc.integer({ min: 0, max: size / 512 - 1 }),
      byte: fc.integer({ min: 1, max: 255 }),
    })
    const idle = fc.uniqueArray(fc.integer({ min: 0, max: size / 512 - 1 }), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 20 }), idle, async (writes, alsoAllocated) => {
        const content = Buffer.alloc(size)
        for (const { page, byte } of writes) content[page * 512 + 7] = byte
        const pages = [...new Set([...writes.map(({ page }) => page), ...alsoAllocated])].toSorted((a, b) => a - b)
        const allocated: ByteRange[] = pages.map((page) => ({ offset: page * 512, length: 512 }))
        const blob = blobOf(content, () => new Promise((resolve) => setTimeout(resolve, Math.random() * 2)))
        const { digest } = await readDeep(blob, wholeBlocks(allocated, size), deps, signal)
        expect(digest).toBe(plainDigest(content))
      }),
      { numRuns: 30 },
    )
  })

  it('asks for 48 MiB at most at a time, however large the disk', async () => {
    const content = Buffer.alloc(96 * 1024 ** 2, 'x')
    const blob = blobOf(content, () => new Promise((resolve) => setImmediate(resolve)))
    const { bytesRead } = await readDeep(blob, [{ offset: 0, length: content.length }], deps, signal)
    expect(bytesRead).toBe(content.length)
    expect(blob.most).toBeLessThanOrEqual(48 * 1024 ** 2)
    expect(blob.most).toBeGreaterThan(4 * 1024 ** 2)
  })

  it('tells of bytes that did not come', async () => {
    const { problems } = await readDeep(
      blobOf(Buffer.alloc(1000)),
      [{ offset: 0, length: 2 * blockBytes }],
      deps,
      signal,
    )
    expect(problems).toEqual(['Of the 131072 bytes at 0, only 1000 came back.'])
  })

  it('rejects with what a read rejects with, and lets the others go', async () => {
    const blob = blobOf(Buffer.alloc(64 * 1024 ** 2, 'x'))
    const reason = new Error('gone')
    let reads = 0
    const failing: DiskBlob = {
      ...blob,
      read: async (offset, length, abort) => {
        if (++reads === 3) throw reason
        await new Promise((resolve, reject) => {
          setTimeout(resolve, 20)
          abort.addEventListener('abort', () => reject(abort.reason))
        })
        return blob.read(offset, length, abort)
      },
    }
    await expect(readDeep(failing, [{ offset: 0, length: 64 * 1024 ** 2 }], deps, signal)).rejects.toBe(reason)
  })
})

describe('a disk of zeros', () => {
  it('is called blank only while nothing is found in it, and all of it is looked at with --deep', async () => {
    const size = 32 * 1024 ** 2
    const disk = (content: Buffer): DiskBlob & { readonly asked: Set<number> } => {
      const blob = blobOf(Buffer.concat([content, vhdFooter(size, 'test')]))
      const asked = new Set<number>()
      return {
        ...blob,
        asked,
        allocated: async () => [{ offset: 0, length: size }],
        read: (offset, length, abort) => {
          for (let at = offset; at < offset + length; at += 512) asked.add(Math.floor(at / blockBytes))
          return blob.read(offset, length, abort)
        },
      }
    }
    const source = { snapshot: snapshot({ name: 'empty', sizeGb: size / 1024 ** 3 }), lun: 0, facts: undefined }
    const look = (blob: DiskBlob, depth: 'usual' | 'deep') =>
      readDisk(blob, source, { depth, seed: 'a', testDisk: 'test', clock: deps.clock }, { signal, report: () => {} })

    const empty = disk(Buffer.alloc(size))
    expect(await look(empty, 'usual')).toMatchObject({ blank: true, problems: [] })
    const unseen = Array.from({ length: size / blockBytes }, (_, block) => block).find((one) => !empty.asked.has(one))
    expect(unseen).toBeDefined()
    expect(await look(empty, 'deep')).toMatchObject({ blank: true, problems: [] })
    const content = Buffer.alloc(size)
    content[(unseen ?? 0) * blockBytes + 9] = 1
    expect(await look(disk(content), 'usual')).toMatchObject({ blank: true })
    expect(await look(disk(content), 'deep')).toMatchObject({
      blank: false,
      content: expect.stringMatching(/and data behind: it is raw/),
    })
  })
})
