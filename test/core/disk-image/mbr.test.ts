import { afterAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { examine, exported, faults, flipped, itWith, mebibyte, patched, Workshop, zeroed, zeros } from './images.js'

const workshop = new Workshop()
afterAll(() => workshop.close())

const size = 64 * mebibyte
const classic = (input: string) => workshop.script(size, `label: dos\n${input}`, ['sfdisk', '-q', '@'])
const two = () => classic(',16M,L,*\n,16M,7\n')
const logical = () => classic(',16M,L,*\n,,E\n,8M,L\n,8M,L\n,8M,S\n')

const sector = (value: number) => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

describe('a classic partition table', () => {
  itWith('sfdisk')('is sound as sfdisk makes it, and its partitions are listed', async () => {
    const { ok, table, partitions } = await examine(exported(two()))
    expect({ ok, table }).toEqual({ ok: true, table: 'mbr' })
    expect(partitions.map(({ index, type, startByte, lengthByte }) => [index, type, startByte, lengthByte])).toEqual([
      [1, 'Linux filesystem', mebibyte, 16 * mebibyte],
      [2, 'NTFS or exFAT', 17 * mebibyte, 16 * mebibyte],
    ])
  })

  itWith('sfdisk')('is followed into an extended partition', async () => {
    const { problems, partitions } = await examine(exported(logical()))
    expect(problems).toEqual([])
    expect(partitions.map(({ index, type }) => [index, type])).toEqual([
      [1, 'Linux filesystem'],
      [2, 'extended'],
      [5, 'Linux filesystem'],
      [6, 'Linux filesystem'],
      [7, 'Linux swap'],
    ])
  })

  itWith('sfdisk')('is caught with its signature or a boot flag damaged', async () => {
    const image = two()
    expect(await faults(flipped(image, 510, 1))).toEqual(['MBR: The first sector lacks the boot signature 0x55AA.'])
    expect(await faults(flipped(image, 446, 4))).toEqual(['MBR: A boot flag is neither 0x00 nor 0x80.'])
    expect(await faults(flipped(image, 462, 0x80))).toEqual(['MBR: More than one partition is active.'])
  })

  itWith('sfdisk')('is caught with partitions that overlap, are empty, or lie beyond the disk', async () => {
    const image = two()
    expect(await faults(patched(image, 470, sector(4096)))).toEqual(['MBR: Partitions 1 and 2 overlap.'])
    expect(await faults(patched(image, 474, sector(0)))).toContain('MBR: Partition 2 has no sectors.')
    expect(await faults(patched(image, 474, sector(size / 512)))).toEqual([
      'MBR: Partition 2 ends beyond the space for partitions.',
    ])
    expect(await faults(patched(image, 454, sector(0)))).toContain('MBR: Partition 1 begins at the table itself.')
  })

  itWith('sfdisk')('is caught with a chain of tables that is cut, leaves its partition, or does not end', async () => {
    const image = logical()
    const [, extended] = (await examine(exported(image))).partitions
    const start = extended?.startByte ?? 0
    const broken = 'MBR: The chain of tables in partition 2 is broken.'
    const lacks = `${broken} A table inside it lacks the signature 0x55AA.`
    expect(await faults(zeroed(image, start, 512))).toEqual([lacks])
    expect(await faults(patched(image, start + 470, sector(size / 512)))).toContain(
      `${broken} It leaves the partition.`,
    )
    expect(await faults(patched(image, start + 470, sector(0)))).toContain(`${broken} It does not end.`)
  })

  itWith('sfdisk')('may be without partitions on a data disk, which is said', async () => {
    const { ok, table, notes } = await examine(exported(classic('')))
    expect({ ok, table, notes }).toEqual({
      ok: true,
      table: 'mbr',
      notes: ['The disk has a partition table without partitions.'],
    })
  })

  it('is not seen in random data, not even with its signature set into them', async () => {
    const someBytes = fc.uint8Array({ minLength: 4096, maxLength: 4096 })
    const type = fc.constantFrom(undefined, 0xee, 0x83)
    await fc.assert(
      fc.asyncProperty(someBytes, type, async (bytes, planted) => {
        bytes.set([0x55, 0xaa], 510)
        if (planted !== undefined) bytes[450] = planted
        // Large enough that entries of any numbers have room in it.
        const { table, problems } = await examine(exported(patched(zeros(2 ** 45), 0, bytes)))
        expect({ table, problems }).toEqual({ table: 'none', problems: [] })
      }),
      { numRuns: 500, unbiased: true },
    )
  })

  it('is judged without throwing, whatever it holds', async () => {
    const table = fc.uint8Array({ minLength: 66, maxLength: 66 })
    const flags = fc.constantFrom(0, 0x80)
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.array(flags, { minLength: 4, maxLength: 4 }),
        fc.boolean(),
        async (bytes, four, signed) => {
          const entries = Uint8Array.from(bytes)
          four.forEach((flag, index) => {
            entries[index * 16] = flag
            entries[index * 16 + 4] = [0x83, 0x05, 0x00, 0x07][index] ?? 0
          })
          if (signed) entries.set([0x55, 0xaa], 64)
          const { table, problems } = await examine(exported(patched(zeros(mebibyte), 446, entries)))
          for (const { reason } of problems) expect(reason).toMatch(/^[A-Z].*\.$/)
          if (signed) expect(table).toBe('mbr')
        },
      ),
      { numRuns: 200 },
    )
  })
})
