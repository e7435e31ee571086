/** The few colours azlin uses, and only where a person sees them. https://no-color.org */
export interface Colours {
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  dim(text: string): string
}

const esc = '\u001b['

export function colours(stream: { readonly isTTY?: boolean }): Colours {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0'
  const wanted = forced || (stream.isTTY === true && TERM !== 'dumb')
  const on = wanted && !NO_COLOR
  const paint = (code: number) => (text: string) => (on ? `${esc}${code}m${text}${esc}0m` : text)
  return { red: paint(31), green: paint(32), yellow: paint(33), dim: paint(2) }
}
