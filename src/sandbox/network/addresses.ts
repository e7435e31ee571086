/** IPv4 ranges in CIDR notation, as numbers. */

export interface Cidr {
  readonly first: number
  readonly size: number
}

/** Undefined when the text is no IPv4 range, or when bits behind the prefix are set, which Azure refuses too. */
export function parseCidr(text: string): Cidr | undefined {
  const [address, prefix, ...rest] = text.split('/')
  const first = parseAddress(address ?? '')
  if (first === undefined || prefix === undefined || rest.length > 0 || !/^\d{1,2}$/.test(prefix)) return undefined
  const bits = Number(prefix)
  if (bits > 32) return undefined
  const size = 2 ** (32 - bits)
  return first % size === 0 ? { first, size } : undefined
}

export function parseAddress(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined
  return parts.reduce((value, part) => value * 256 + Number(part), 0)
}

export function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}

export function contains(outer: Cidr, inner: Cidr): boolean {
  return inner.first >= outer.first && inner.first + inner.size <= outer.first + outer.size
}

export function overlap(one: Cidr, other: Cidr): boolean {
  return one.first < other.first + other.size && other.first < one.first + one.size
}

/** The lowest address that a host may have. Azure keeps the first four of a subnet and the last for itself. */
export function firstFree(subnet: Cidr, taken: ReadonlySet<string>): string | undefined {
  for (let value = subnet.first + 4; value < subnet.first + subnet.size - 1; value++) {
    const address = formatAddress(value)
    if (!taken.has(address)) return address
  }
  return undefined
}
