import { describe, expect, it } from '@jest/globals'
import type { ImageContent, ImageTrouble } from '../../../src/sandbox/image/content.js'
import { imageBytes, readRange } from '../../../src/sandbox/image/image.js'
import { examine, type Image, mebibyte } from './images.js'

const v2 = { role: 'os', generation: 'V2' } as const

describe('a disk of the sandbox', () => {
  const image = (content: ImageContent): Image => ({
    length: imageBytes(content),
    read: (offset, length) => readRange(content, offset, length),
  })
  const osDisk: ImageContent = { kind: 'os', sizeBytes: 1024 * mebibyte, seed: 'web-1', generation: 3 }
  const dataDisk: ImageContent = { kind: 'data', sizeBytes: 256 * mebibyte, seed: 'web-1 data', generation: 3 }

  it('passes when it is healthy', async () => {
    const found = await examine(image(osDisk), v2)
    expect(found.problems).toEqual([])
    expect(found.summary).toBe('GPT with 1 EFI system (FAT32), 2 Linux filesystem (ext4).')
    for (const kind of ['data', 'raw', 'empty'] as const) {
      expect((await examine(image({ ...dataDisk, kind }))).problems).toEqual([])
    }
    const grown = { ...dataDisk, sizeBytes: 512 * mebibyte, partitionedBytes: dataDisk.sizeBytes }
    expect((await examine(image(grown))).problems).toEqual([])
  })

  it('fails without a boot partition that the firmware could read', async () => {
    const { ok, summary } = await examine(image({ ...osDisk, trouble: 'corrupt-boot-partition' }), v2)
    expect({ ok, summary }).toEqual({ ok: false, summary: expect.stringMatching(/EFI system|FAT/) })
  })

  it('fails with each trouble by its own reason, whether it is for the OS or for data', async () => {
    const expected: Readonly<Record<Exclude<ImageTrouble, 'changed' | 'corrupt-boot-partition'>, string>> = {
      zeroed: 'disk: The disk is all zeros where its partition table should be.',
      'corrupt-primary-gpt': "primary GPT: Its entries' checksum does not match their bytes.",
      'corrupt-backup-gpt': "backup GPT: Its entries' checksum does not match their bytes.",
      'corrupt-filesystem': 'Its superblock lacks the magic number 0xEF53.',
      'corrupt-footer': 'footer',
      truncated: 'image: It has',
      'wrong-size': 'image: It has',
    }
    for (const [trouble, reason] of Object.entries(expected)) {
      for (const [content, facts] of [
        [osDisk, v2],
        [dataDisk, {}],
      ] as const) {
        const broken = { ...content, trouble: trouble as ImageTrouble }
        const { ok, blank, summary } = await examine(image(broken), { sizeBytes: content.sizeBytes, ...facts })
        // Nothing tells a zeroed data disk from an unused one by its bytes: it passes here, and is called blank.
        if (trouble === 'zeroed' && content === dataDisk) expect({ ok, blank }).toEqual({ ok: true, blank: true })
        else expect({ ok, summary }).toEqual({ ok: false, summary: expect.stringContaining(reason) })
      }
    }
  })
})
