/** Loopback addresses of guests. They differ between sandboxes, so that several can run on one computer. */
import { digest } from '../image/pseudo-random.js'

/** 127.64.0.0 to 127.127.255.255: the guest's own `127.0.0.1`. */
export function guestAddress(secret: string, machineId: string): string {
  return within(64, 64, digest(secret, 'guest', machineId.toLowerCase()))
}

/** 127.128.0.0 to 127.247.255.255: what a public address object has for an address. */
export function publicLoopback(secret: string, id: string): string {
  return within(128, 120, digest(secret, 'public', id.toLowerCase()))
}

/** First three numbers of a /24 in 127.1.0.0 to 127.63.255.255, for networks whose addresses can be reached. */
export function reachableRange(secret: string, name: string): string {
  return within(1, 63, digest(secret, 'network', name))
    .split('.')
    .slice(0, 3)
    .join('.')
}

function within(first: number, count: number, hash: Buffer): string {
  const last = 1 + (hash.readUInt8(2) % 254)
  return `127.${first + (hash.readUInt8(0) % count)}.${hash.readUInt8(1)}.${last}`
}
