const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `512 B`, `4.3 MiB`, `1.2 TiB` */
export function bytesOf(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const shown = bytes / 1024 ** power
  return `${power === 0 || shown >= 100 ? Math.round(shown) : shown.toFixed(1)} ${units[power]}`
}
