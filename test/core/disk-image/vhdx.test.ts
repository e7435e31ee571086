import { afterAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { crc32c } from '../../../src/core/domain/disk-image/checksums.js'
import { examine, flipped, held, type Image, itWith, mebibyte, patched, truncated, Workshop, zeroed } from './images.js'

const workshop = new Workshop()
afterAll(() => workshop.close())

const sizeBytes = 128 * mebibyte
const made = () => workshop.make(0, ['qemu-img', 'create', '-q', '-f', 'vhdx', '@', '128M'])
const kibibyte = 1024

async function faults(image: Image): Promise<string[]> {
  return (await examine(image, { sizeBytes })).problems.map(({ where, reason }) => `${where}: ${reason}`)
}

/** Changes one of the four structures and makes its checksum right again. */
function rewritten(image: Image, at: number, length: number, change: (view: DataView) => void): Image {
  const bytes = Uint8Array.from(image.read(at, length))
  const view = new DataView(bytes.buffer)
  change(view)
  view.setUint32(4, 0, true)
  view.setUint32(4, crc32c(bytes), true)
  return patched(image, at, bytes)
}

describe('a VHDX', () => {
  itWith('qemu-img')('is recognised and sound as qemu-img makes it, and what was not checked is said', async () => {
    const image = made()
    const { ok, container, problems, notes, bytesRead } = await examine(image, { sizeBytes })
    expect({ ok, container, problems }).toEqual({ ok: true, container: 'vhdx', problems: [] })
    expect(notes).toEqual(['VHDX of a disk with sectors of 512 bytes; its headers and size were checked, and no more.'])
    expect(bytesRead).toBeLessThan(mebibyte)
  })

  itWith('qemu-img')('tells sectors of 4096 bytes', async () => {
    const image = made()
    const [size] = sectorFields(image)
    const wide = patched(image, size ?? 0, Uint8Array.from([0, 16, 0, 0]))
    const { notes } = await examine(wide, { sizeBytes })
    expect(notes).toEqual([
      'VHDX of a disk with sectors of 4096 bytes; its headers and size were checked, and no more.',
    ])
  })

  itWith('qemu-img')('is caught with any bit of its headers and region tables turned over', async () => {
    const image = made()
    const places = fc.oneof(
      fc.nat(4095).map((byte) => 64 * kibibyte + byte),
      fc.nat(4095).map((byte) => 128 * kibibyte + byte),
      fc.nat(65535).map((byte) => 192 * kibibyte + byte),
      fc.nat(65535).map((byte) => 256 * kibibyte + byte),
    )
    await fc.assert(
      fc.asyncProperty(places, fc.nat(7), async (at, bit) => {
        expect(await faults(flipped(image, at, 1 << bit))).toHaveLength(1)
      }),
      { numRuns: 100 },
    )
    for (const [at, where] of [
      [64, 'VHDX header 1'],
      [128, 'VHDX header 2'],
      [192, 'VHDX region table 1'],
      [256, 'VHDX region table 2'],
    ] as const) {
      const found = await faults(zeroed(image, at * kibibyte, 4096))
      expect(found).toEqual([expect.stringMatching(`^${where}: It lacks the signature`)])
    }
  })

  itWith('qemu-img')('is caught where its checksums are right and its contents are wrong', async () => {
    const image = made()
    const header = (change: (view: DataView) => void) => rewritten(image, 64 * kibibyte, 4096, change)
    const table = (change: (view: DataView) => void) => rewritten(image, 192 * kibibyte, 64 * kibibyte, change)
    expect(await faults(header((view) => view.setUint16(66, 2, true)))).toEqual([
      'VHDX header 1: It has version 2 of the format, and not 1.',
    ])
    expect(await faults(header((view) => view.setUint32(68, 77, true)))).toEqual([
      'VHDX header 1: Its log is not aligned to 1 MiB.',
    ])
    expect(await faults(table((view) => view.setUint32(8, 1, true)))).toEqual([
      expect.stringMatching(/^VHDX region table 1: It has no region for the/),
    ])
    expect(await faults(table((view) => view.setUint32(8, 5000, true)))).toEqual([
      'VHDX region table 1: It claims 5000 entries.',
    ])
    expect(await faults(table((view) => view.setBigUint64(32, 2n ** 50n, true)))).toEqual([
      expect.stringMatching(/^VHDX region table 1: Its region for the .* lies outside of the blob\.$/),
    ])
    expect(await faults(table((view) => view.setUint8(16 + 28, 7)))).toEqual([
      'VHDX region table 2: It differs from the first one.',
    ])
    const number = new DataView(Uint8Array.from(image.read(128 * kibibyte + 8, 8)).buffer).getBigUint64(0, true)
    expect(
      await faults(
        header((view) => {
          view.setBigUint64(8, number, true)
          view.setUint8(100, 1)
        }),
      ),
    ).toEqual(['VHDX header 2: It has the sequence number of the first one, but differs from it.'])
  })

  itWith('qemu-img')('is caught cut short, with another size, without its metadata, or as an OS disk', async () => {
    const image = made()
    expect(await faults(truncated(image, 200 * kibibyte))).toEqual([
      'VHDX: Its header area ends after 204800 of 327680 bytes.',
    ])
    expect(await faults(truncated(image, mebibyte))).not.toEqual([])
    const other = await examine(image, { sizeBytes: sizeBytes * 2 })
    expect(other.problems).toEqual([
      { where: 'VHDX metadata', reason: 'It gives a size of 134217728 bytes, but the disk has 268435456.' },
    ])
    const [field = 0] = sectorFields(image)
    expect(await faults(zeroed(image, field, 4))).toEqual(['VHDX metadata: It gives sectors of 0 bytes.'])
    const os = await examine(image, { sizeBytes, role: 'os' })
    expect(os.problems).toEqual([{ where: 'disk', reason: 'An OS disk cannot be judged inside a VHDX.' }])
  })

  it('is judged without throwing, whatever follows its signature', async () => {
    const signature = Uint8Array.from('vhdxfile', (letter) => letter.charCodeAt(0))
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 8, maxLength: 4096 }), fc.nat(400), async (bytes, length) => {
        let image = held(new Uint8Array(400 * kibibyte))
        for (const at of [0, 64, 128, 192, 256]) image = patched(image, at * kibibyte, bytes)
        const found = await examine(truncated(patched(image, 0, signature), 8 + length * kibibyte), { sizeBytes })
        expect({ container: found.container, ok: found.ok }).toEqual({ container: 'vhdx', ok: false })
      }),
      { numRuns: 100 },
    )
  })
})

/** Where the metadata gives the size of logical sectors: the item is found by its GUID, with the table searched plainly. */
function sectorFields(image: Image): number[] {
  const guid = Buffer.from('1dbf41816fa90947ba47f233a8faab5f', 'hex')
  const start = Buffer.from(image.read(0, image.length))
  const table = start.indexOf('metadata')
  const entry = start.indexOf(guid)
  return entry < 0 ? [] : [table + start.readUInt32LE(entry + 16)]
}
