import { expect } from '@jest/globals'
import { recogniseFileSystem } from '../../../src/core/domain/disk-image/file-systems.js'
import type { Verdict } from '../../../src/core/domain/disk-image/finding.js'
import { flipped, type Image } from './images.js'

/** Everything read, as if the partition were as long as the image unless it is said. */
export function judge(image: Image, lengthBytes = image.length): Verdict & { readonly name: string | undefined } {
  const peek = (offset: number, length: number) => image.read(offset, length)
  const found = recogniseFileSystem(peek)
  if (found === undefined) return { name: undefined, problems: [], notes: [] }
  return { name: found.name, ...found.format.judge(peek, lengthBytes) }
}

export function caught(image: Image): boolean {
  return judge(image).problems.length > 0
}

/** Every single bit of a stretch that a checksum covers, and of the checksum itself. */
export function everyBitCounts(image: Image, from: number, to: number): void {
  expect(judge(image).problems).toEqual([])
  const missed: string[] = []
  for (let at = from; at < to; at++) {
    for (let bit = 0; bit < 8; bit++) if (!caught(flipped(image, at, 1 << bit))) missed.push(`${at}.${bit}`)
  }
  expect(missed).toEqual([])
}
