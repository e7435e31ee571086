/** A storage account with one large page blob, for `bench-verification.js`: as quick as HTTPS on this machine can be. */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:https'
import { generate } from 'selfsigned'

const sizeBytes = Number(process.argv[2])
const pool = randomBytes(64 * 1024 * 1024)

const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
  keySize: 2048,
  extensions: [
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
  ],
})

const server = createServer({ key, cert }, (request, response) => {
  if (request.method === 'HEAD') {
    response.writeHead(200, { 'content-length': sizeBytes, 'x-ms-blob-type': 'PageBlob' })
    return response.end()
  }
  if (request.url?.includes('comp=pagelist')) {
    response.writeHead(200, { 'content-type': 'application/xml' })
    return response.end(
      `<?xml version="1.0"?><PageList><PageRange><Start>0</Start><End>${sizeBytes - 1}</End></PageRange></PageList>`,
    )
  }
  const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers['x-ms-range'] ?? request.headers.range ?? '') ?? []
  const start = Number(from)
  const length = Number(to) - start + 1
  response.writeHead(206, { 'content-length': length, 'content-type': 'application/octet-stream', etag: '"0x8D"' })
  const at = start % pool.length
  response.end(pool.subarray(at, at + length))
})

// Each of the two readers rests while the other reads, and comes back to the connections that it has.
server.keepAliveTimeout = 10 * 60_000

server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port, cert }))
process.on('disconnect', () => process.exit())
