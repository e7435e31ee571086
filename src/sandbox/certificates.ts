import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from 'selfsigned'

export interface Certificates {
  readonly key: string
  readonly cert: string
  /** PEM of the authority that clients are to trust. */
  readonly caFile: string
}

const validMs = 5 * 365 * 86_400_000

/** An authority of this sandbox's own and a certificate for loopback; made once, then read from `home`. */
export async function certificates(home: string): Promise<Certificates> {
  const caFile = join(home, 'ca.pem')
  const [certFile, keyFile] = [join(home, 'server.pem'), join(home, 'server.key')]
  if (![caFile, certFile, keyFile].every((file) => existsSync(file))) {
    const dates = { notBeforeDate: new Date(Date.now() - 86_400_000), notAfterDate: new Date(Date.now() + validMs) }
    const common = { ...dates, keyType: 'ec', algorithm: 'sha256' } as const
    const authority = await generate([{ name: 'commonName', value: 'azlin sandbox authority' }], {
      ...common,
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      ],
    })
    const server = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
      ...common,
      ca: { key: authority.private, cert: authority.cert },
      extensions: [
        { name: 'basicConstraints', cA: false },
        { name: 'keyUsage', digitalSignature: true, critical: true },
        { name: 'extKeyUsage', serverAuth: true },
        {
          name: 'subjectAltName',
          altNames: [
            { type: 7, ip: '127.0.0.1' },
            { type: 2, value: 'localhost' },
          ],
        },
      ],
    })
    writeFileSync(caFile, authority.cert, { mode: 0o600 })
    writeFileSync(certFile, server.cert, { mode: 0o600 })
    writeFileSync(keyFile, server.private, { mode: 0o600 })
  }
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8'), caFile }
}
