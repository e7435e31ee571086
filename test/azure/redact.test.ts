import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { readErrorBody } from '../../src/azure/error-body.js'
import { redact } from '../../src/azure/redact.js'
import { refused } from '../../src/azure/refusals.js'

/** Letters and digits, as in signatures and tokens; long enough not to appear by chance. */
const secret = fc.stringMatching(/^[A-Za-z0-9]{24,40}$/)

describe('what leaves the process', () => {
  it('holds no signature, token or key, wherever it stands in a message', () => {
    const places: ((s: string) => string)[] = [
      (s) => `https://md-x.z1.blob.storage.azure.net/a/abcd?sv=2018&sr=b&si=1&sig=${s} was refused`,
      (s) => `{"accessSAS":"https://x.net/a?sig=${s}"}`,
      (s) => `header Authorization: Bearer ${s}.`,
      (s) => `token eyJ${s}.${s}.${s} has expired`,
      (s) => `sig=${s}&se=1`,
      (s) => `AccountKey=${s};EndpointSuffix=core`,
      (s) => `"client_secret": "${s}"`,
      (s) => `see https://host/operations/1?t=1&c=${s}&s=2`,
    ]
    fc.assert(
      fc.property(secret, fc.constantFrom(...places), fc.string({ maxLength: 20 }), (value, place, before) => {
        const message = `${before} ${place(value)}`
        expect(redact(message)).not.toContain(value)
        const body = JSON.stringify({ error: { code: 'X', message } })
        const refusal = { ...readErrorBody(body), status: 400, retryAfterSeconds: undefined }
        const said = refused({ doing: 'doing it', subject: 'it' }, refusal, {})
        expect(`${JSON.stringify(said)} ${said.message}`).not.toContain(value)
      }),
    )
  })

  it('leaves plain words alone, and takes out what would drive a terminal', () => {
    expect(redact('Disk web-1 is attached.')).toBe('Disk web-1 is attached.')
    expect(redact('one\u001b[31m two\nthree')).toBe('one [31m two three')
  })
})
