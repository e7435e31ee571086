/**
 * The digest of a disk, taken in a thread of its own: the main one has enough to do with decrypting what it reads.
 * SHA-256 over every block that is not all zero, each behind its offset (8 bytes, little endian).
 */
import { Worker } from 'node:worker_threads'
import { blockBytes } from '../domain/disk-image/blocks.js'

/** In words and not in a file, so that there is nothing to be found beside a bundle. */
const program = `
const { createHash } = require('node:crypto')
const { parentPort, workerData: blockBytes } = require('node:worker_threads')
const hash = createHash('sha256')
const zeros = Buffer.alloc(blockBytes)
const place = Buffer.alloc(8)
parentPort.on('message', ({ offset, bytes }) => {
  if (bytes === undefined) return parentPort.postMessage(hash.digest('hex'))
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = bytes.subarray(at, at + blockBytes)
    if (zeros.subarray(0, block.length).equals(block)) continue
    place.writeBigUInt64LE(BigInt(offset + at))
    hash.update(place).update(block)
  }
  parentPort.postMessage(bytes.buffer, [bytes.buffer])
})`

export class DigestThread implements AsyncDisposable {
  readonly #worker = new Worker(program, { eval: true, workerData: blockBytes })
  /** One for each message, in order. */
  readonly #waiting: { resolve(answer: unknown): void; reject(error: unknown): void }[] = []

  constructor() {
    this.#worker.on('message', (answer: unknown) => this.#waiting.shift()?.resolve(answer))
    this.#worker.on('error', (error) => {
      for (const { reject } of this.#waiting.splice(0)) reject(error)
    })
  }

  /** Offsets rise from call to call. The memory is handed over, and comes back when the bytes have been read. */
  add(offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
    return this.#send({ offset, bytes }, [bytes.buffer])
  }

  /** In hexadecimal. */
  end(): Promise<string> {
    return this.#send({}, [])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }

  /** `T` is what the program answers to such a message. */
  #send<T>(message: object, handedOver: ArrayBuffer[]): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve: (answer) => resolve(answer as T), reject })
      this.#worker.postMessage(message, handedOver)
    })
  }
}
