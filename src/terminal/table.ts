/** Plain tables: aligned, cut to the width of a terminal, whole in a pipe. */
import stringWidth from 'string-width'

/** What matters of a stream that a table is printed to. */
export interface Columns {
  readonly isTTY?: boolean
  readonly columns?: number
}

const gap = '  '
/** Narrower than this a column says nothing. */
const least = 8

/** One line for the headings and one a row. On a terminal the widest columns give way; elsewhere nothing is cut. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[], out: Columns): string {
  const all = [headings, ...rows.map((row) => row.map(oneLine))]
  const widths = headings.map((_, i) => Math.max(...all.map((row) => stringWidth(row[i] ?? ''))))
  const shown = out.isTTY === true && out.columns ? fitted(widths, out.columns) : widths
  return all
    .map((row) =>
      row
        .map((cell, i) => padded(cut(cell, shown[i] ?? 0), shown[i] ?? 0))
        .join(gap)
        .trimEnd(),
    )
    .join('\n')
}

function fitted(widths: readonly number[], columns: number): readonly number[] {
  const room = columns - gap.length * (widths.length - 1)
  const fit = [...widths]
  while (fit.reduce((sum, width) => sum + width, 0) > room) {
    const widest = fit.indexOf(Math.max(...fit))
    if ((fit[widest] ?? 0) <= least) break
    fit[widest] = (fit[widest] ?? 0) - 1
  }
  return fit
}

/** The text in `width` columns at most; where something is left out it ends with an ellipsis. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  // By what a reader takes for one character: half of a flag, or a letter without its accent, is none.
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(kept + segment) > width - 1) break
    kept += segment
  }
  return `${kept}…`
}

/** The same, with what is left out in the middle: names differ at their ends. */
export function cutInside(text: string, width: number): string {
  if (stringWidth(text) <= width || width < 3) return cut(text, width)
  let kept = ''
  const segments = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment)
  for (const segment of segments.toReversed()) {
    if (stringWidth(segment + kept) > Math.floor((width - 1) / 2)) break
    kept = segment + kept
  }
  return cut(text, width - stringWidth(kept)) + kept
}

/** Without line breaks and escape codes: what Azure says is data, and must not steer a terminal. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)))
}
