import { fingerprint } from '../hash.js'

/** Numbers from 0 up to 1, the same for the same seed. The mixing is that of sfc32 (PractRand), public domain. */
export function pseudoRandom(seed: string): () => number {
  const word = (salt: string) => Number.parseInt(fingerprint(`${salt} ${seed}`).slice(-6), 36) | 0
  let a = word('a')
  let b = word('b')
  let c = word('c')
  let counter = 1
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (let round = 0; round < 12; round++) next()
  return next
}
