/** Tables that leave out what matters least, rather than cut the name that the next command wants. */
import stringWidth from 'string-width'
import { type Columns, table } from './table.js'

export interface Column<T> {
  readonly heading: string
  readonly cell: (row: T) => string
  /** Where the window is too narrow, the highest goes first; without it a column stays. */
  readonly dispensable?: number
}

export function fittingTable<T>(columns: readonly Column<T>[], rows: readonly T[], out: Columns): string {
  const room = out.isTTY === true && out.columns ? out.columns : Number.POSITIVE_INFINITY
  let shown = columns
  while (widthOf(shown, rows) > room) {
    const order = shown.map(({ dispensable = -1 }) => dispensable)
    const least = Math.max(...order)
    if (least < 0) break
    shown = shown.filter((_, index) => index !== order.indexOf(least))
  }
  const cells = rows.map((row) => shown.map(({ cell }) => cell(row)))
  return table(
    shown.map(({ heading }) => heading),
    cells,
    out,
  )
}

function widthOf<T>(columns: readonly Column<T>[], rows: readonly T[]): number {
  const widths = columns.map(({ heading, cell }) =>
    Math.max(...[heading, ...rows.map(cell)].map((text) => stringWidth(text))),
  )
  return widths.reduce((sum, width) => sum + width, 2 * (columns.length - 1))
}
