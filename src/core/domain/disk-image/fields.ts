/** Bounds-checked reading of fixed fields. What lies beyond the end reads as zero, so corrupt input cannot throw. */
export class Fields {
  readonly #view: DataView

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  u8(at: number): number {
    return this.#holds(at, 1) ? this.#view.getUint8(at) : 0
  }

  u16(at: number): number {
    return this.#holds(at, 2) ? this.#view.getUint16(at, true) : 0
  }

  u32(at: number): number {
    return this.#holds(at, 4) ? this.#view.getUint32(at, true) : 0
  }

  /** Exact up to 2^53; larger values are rounded, and are far beyond any disk either way. */
  u64(at: number): number {
    return this.#holds(at, 8) ? Number(this.#view.getBigUint64(at, true)) : 0
  }

  bigEndian16(at: number): number {
    return this.#holds(at, 2) ? this.#view.getUint16(at) : 0
  }

  bigEndian32(at: number): number {
    return this.#holds(at, 4) ? this.#view.getUint32(at) : 0
  }

  bigEndian64(at: number): number {
    return this.#holds(at, 8) ? Number(this.#view.getBigUint64(at)) : 0
  }

  /** One character per byte. */
  text(at: number, length: number): string {
    let text = ''
    for (let index = at; index < at + length; index++) text += String.fromCharCode(this.u8(index))
    return text
  }

  /** A GUID as Microsoft's formats store it: the first three fields little endian, in lower case. */
  guid(at: number): string {
    const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
    const bytes = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => hex(this.u8(at + from + index), 2)).join('')
    return [hex(this.u32(at), 8), hex(this.u16(at + 4), 4), hex(this.u16(at + 6), 4), bytes(8, 10), bytes(10, 16)].join(
      '-',
    )
  }

  #holds(at: number, length: number): boolean {
    return Number.isInteger(at) && at >= 0 && at + length <= this.#view.byteLength
  }
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}

/** Whether two stretches of bytes are the same, their length included. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}

/** A copy with some bytes replaced: checksums are taken with their own field zeroed. */
export function withBytes(bytes: Uint8Array, at: number, replacement: ArrayLike<number>): Uint8Array {
  // Not `slice`, which copies nothing if the bytes are a Buffer.
  const copy = new Uint8Array(bytes)
  for (let index = 0; index < replacement.length && at + index < copy.length; index++) {
    copy[at + index] = replacement[index] ?? 0
  }
  return copy
}

export function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value))
}
