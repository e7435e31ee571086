/** A disk as Azure exports it: data and a 512-byte footer (a fixed VHD), or a VHDX. Pure functions over a descriptor. */
import type { ImageContent, PageRange } from './content.js'
import { type Extent, extents, shownBytes } from './extents.js'
import { footerBytes } from './vhd-footer.js'
import { vhdxLayout } from './vhdx.js'

const page = 512

/** Length of the blob in bytes: the disk and what is around it, or half of it when the image is truncated. */
export function imageBytes(content: ImageContent): number {
  const bytes = shownBytes(content)
  const whole = content.container === 'vhdx' ? vhdxLayout(bytes).fileBytes : bytes + footerBytes
  return content.trouble === 'truncated' ? Math.floor(whole / 2 / page) * page : whole
}

/** The bytes from `offset` on, at most `length`, fewer at the end of the image. */
export function readRange(content: ImageContent, offset: number, length: number): Buffer {
  const end = Math.min(offset + length, imageBytes(content))
  const bytes = Buffer.alloc(Math.max(0, end - offset))
  for (const extent of extents(content)) {
    const from = Math.max(offset, extent.start)
    const to = Math.min(end, extent.start + extent.length)
    if (from < to) extent.render().copy(bytes, from - offset, from - extent.start, to - extent.start)
  }
  return bytes
}

/** What is written between `offset` and `offset + length`, in order and with neighbours joined. */
export function pageRanges(content: ImageContent, offset: number, length: number): PageRange[] {
  return clip(extents(content).map(toRange), Math.min(offset + length, imageBytes(content)), offset)
}

/** What differs from an earlier image: pages written since, and pages that were written then and are no longer. */
export function pageRangesDiff(
  earlier: ImageContent,
  content: ImageContent,
  offset: number,
  length: number,
): { pages: PageRange[]; cleared: PageRange[] } {
  const before = extents(earlier)
  const now = extents(content)
  const known = new Set(before.map(identity))
  const end = Math.min(offset + length, imageBytes(content))
  const written = now.filter((extent) => !known.has(identity(extent))).map(toRange)
  const gone = without(before.map(toRange), now.map(toRange))
  return { pages: clip(written, end, offset), cleared: clip(gone, end, offset) }
}

function identity(extent: Extent): string {
  return `${extent.start} ${extent.length} ${extent.key}`
}

function toRange(extent: Extent): PageRange {
  return { start: extent.start, end: extent.start + extent.length }
}

/** Cut to `offset`..`end`, outwards to whole pages, neighbours joined. */
function clip(ranges: readonly PageRange[], end: number, offset: number): PageRange[] {
  const joined: PageRange[] = []
  for (const range of ranges) {
    const from = Math.max(range.start, Math.floor(offset / page) * page)
    const to = Math.min(range.end, Math.ceil(end / page) * page)
    if (from >= to) continue
    const last = joined.at(-1)
    if (last?.end === from) joined[joined.length - 1] = { start: last.start, end: to }
    else joined.push({ start: from, end: to })
  }
  return joined
}

/** Both in order and without overlaps among themselves. */
function without(ranges: readonly PageRange[], holes: readonly PageRange[]): PageRange[] {
  const left: PageRange[] = []
  for (const range of ranges) {
    let start = range.start
    for (const hole of holes) {
      if (hole.end <= start || hole.start >= range.end) continue
      if (hole.start > start) left.push({ start, end: hole.start })
      start = Math.max(start, hole.end)
    }
    if (start < range.end) left.push({ start, end: range.end })
  }
  return left
}
