/** Resource Manager packs what is more than a packet or two, for whoever can unpack it. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'

const worthPacking = 1400
const pack = promisify(gzip)

/** A hook for the moment before an answer goes out. */
export async function packing(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  if (typeof payload !== 'string' || payload.length < worthPacking) return payload
  reply.header('vary', 'Accept-Encoding')
  if (!/\bgzip\b/i.test(String(request.headers['accept-encoding'] ?? ''))) return payload
  reply.header('content-encoding', 'gzip')
  // Speed is worth more than the last byte; it is the same format.
  return pack(payload, { level: 1 })
}
