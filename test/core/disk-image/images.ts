/** Disk images for tests: sparse files that real tools wrote, put together and damaged without touching the files. */
import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from '@jest/globals'
import type { DiskExamination, DiskFacts } from '../../../src/core/disk-image/examination.js'
import { examineDisk } from '../../../src/core/disk-image/examine.js'
import { vhdFooter } from '../../../src/sandbox/image/vhd-footer.js'

export const mebibyte = 1024 * 1024

export interface Image {
  readonly length: number
  /** Fewer bytes at the end. */
  read(offset: number, length: number): Uint8Array
}

const packages: Readonly<Record<string, string>> = {
  sgdisk: 'gdisk',
  sfdisk: 'fdisk',
  'mkfs.ext2': 'e2fsprogs',
  'mkfs.ext3': 'e2fsprogs',
  'mkfs.ext4': 'e2fsprogs',
  'mkfs.xfs': 'xfsprogs',
  'mkfs.vfat': 'dosfstools',
  'mkfs.btrfs': 'btrfs-progs',
  'mkfs.ntfs': 'ntfs-3g',
  mkswap: 'util-linux',
  cryptsetup: 'cryptsetup-bin',
  'qemu-img': 'qemu-utils',
}
const path = `${process.env['PATH']}:/usr/sbin:/sbin`

/** Runs the test where the tools are installed, and says so where one is not. */
export function itWith(...tools: readonly string[]): typeof it | typeof it.skip {
  const missing = tools.filter((tool) => spawnSync(tool, ['--version'], { env: { ...process.env, PATH: path } }).error)
  if (missing.length === 0) return it
  console.warn(
    `Skipped without ${missing.join(', ')}: apt-get install ${missing.map((tool) => packages[tool]).join(' ')}`,
  )
  return it.skip
}

/** A folder for the files of one test file; `close` removes it. */
export class Workshop {
  readonly #folder = mkdtempSync(join(tmpdir(), 'azlin-disk-image-'))
  readonly #handles: number[] = []

  /** A sparse file of so many bytes that the tools have worked on; `@` in their arguments is the file. */
  make(bytes: number, ...commands: readonly (readonly string[])[]): Image {
    const file = join(this.#folder, `${this.#handles.length}.img`)
    const handle = openSync(file, 'w+')
    this.#handles.push(handle)
    ftruncateSync(handle, bytes)
    for (const [tool = '', ...words] of commands) {
      const args = words.map((word) => (word === '@' ? file : word))
      execFileSync(tool, args, { stdio: ['pipe', 'ignore', 'pipe'], env: { ...process.env, PATH: path }, input: '' })
    }
    return this.#image(handle)
  }

  /** The same for tools that read what to do from standard input. */
  script(bytes: number, input: string, [tool = '', ...words]: readonly string[]): Image {
    const file = join(this.#folder, `${this.#handles.length}.img`)
    const handle = openSync(file, 'w+')
    this.#handles.push(handle)
    ftruncateSync(handle, bytes)
    const args = words.map((word) => (word === '@' ? file : word))
    execFileSync(tool, args, { input, stdio: ['pipe', 'ignore', 'pipe'], env: { ...process.env, PATH: path } })
    return this.#image(handle)
  }

  close(): void {
    for (const handle of this.#handles) closeSync(handle)
    rmSync(this.#folder, { recursive: true })
  }

  #image(handle: number): Image {
    const probe = Buffer.alloc(1)
    // Tools that make their own file replace the length; it is found by halving.
    let low = 0
    let high = 2 ** 42
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (readSync(handle, probe, 0, 1, middle - 1) === 1) low = middle
      else high = middle - 1
    }
    return {
      length: low,
      read(offset, length) {
        const bytes = Buffer.alloc(Math.max(0, Math.min(length, low - offset)))
        readSync(handle, bytes, 0, bytes.length, offset)
        return bytes
      },
    }
  }
}

export function zeros(length: number): Image {
  return { length, read: (offset, wanted) => new Uint8Array(Math.max(0, Math.min(wanted, length - offset))) }
}

export function held(bytes: Uint8Array): Image {
  return { length: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) }
}

/** One image with others laid over it. */
export function composed(base: Image, ...parts: readonly { readonly at: number; readonly image: Image }[]): Image {
  const length = Math.max(base.length, ...parts.map(({ at, image }) => at + image.length))
  return {
    length,
    read(offset, wanted) {
      const bytes = new Uint8Array(Math.max(0, Math.min(wanted, length - offset)))
      for (const { at, image } of [{ at: 0, image: base }, ...parts]) {
        const from = Math.max(offset, at)
        const to = Math.min(offset + bytes.length, at + image.length)
        if (from < to) bytes.set(image.read(from - at, to - from), from - offset)
      }
      return bytes
    },
  }
}

export function flipped(image: Image, at: number, mask = 0xff): Image {
  const [byte = 0] = image.read(at, 1)
  return composed(image, { at, image: held(Uint8Array.of(byte ^ mask)) })
}

export function zeroed(image: Image, at: number, length: number): Image {
  return composed(image, { at, image: zeros(length) })
}

export function patched(image: Image, at: number, bytes: Uint8Array): Image {
  return composed(image, { at, image: held(bytes) })
}

export function truncated(image: Image, length: number): Image {
  return { length, read: (offset, wanted) => image.read(offset, Math.min(wanted, length - offset)) }
}

/** The disk as Azure exports it. */
export function exported(disk: Image): Image {
  return composed(disk, { at: disk.length, image: held(vhdFooter(disk.length, 'test')) })
}

/** Examines an exported blob; the disk's size is taken from its length unless it is given. */
export async function examine(blob: Image, facts: Partial<DiskFacts> = {}): Promise<DiskExamination> {
  const sizeBytes = facts.sizeBytes ?? blob.length - 512
  return await examineDisk(async (offset, length) => blob.read(offset, length), {
    blobBytes: blob.length,
    role: 'data',
    generation: undefined,
    ...facts,
    sizeBytes,
  })
}

/** Examines a disk without its footer as data disk, and gives what is wrong in one text each. */
export async function faults(disk: Image, facts: Partial<DiskFacts> = {}): Promise<string[]> {
  const { problems } = await examine(exported(disk), facts)
  return problems.map(({ where, reason }) => `${where}: ${reason}`)
}
