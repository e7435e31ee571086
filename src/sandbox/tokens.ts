/** Bearer tokens that look like Azure's, signed by the sandbox itself. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { tenantId } from './world.js'

export const principalId = '0b1ec7ed-0000-4000-8000-00000a21140d'
export const clientId = 'c11e27ed-0000-4000-8000-00000a21140d'

/** Both in seconds since 1970, by the computer's clock: that is the one that clients compare with. */
export interface Lifetime {
  readonly from: number
  readonly until: number
}

export function issueToken(secret: string, audience: string, { from, until }: Lifetime): string {
  const claims = {
    aud: audience,
    iss: `https://sts.windows.net/${tenantId}/`,
    iat: from,
    nbf: from,
    exp: until,
    appid: clientId,
    idtyp: 'app',
    oid: principalId,
    sub: principalId,
    tid: tenantId,
    ver: '1.0',
    xms_mirid: '/providers/Microsoft.ManagedIdentity/sandbox',
  }
  const content = `${encode({ typ: 'JWT', alg: 'HS256' })}.${encode(claims)}`
  return `${content}.${sign(secret, content)}`
}

/** Of the public cloud's Resource Manager, new and old. */
const managers = ['https://management.azure.com', 'https://management.core.windows.net']

/** A token for Resource Manager. A client that knows no more than this endpoint asks for a token for the endpoint. */
export function isArmToken(secret: string, token: string, url: string): boolean {
  if (!isToken(secret, token)) return false
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { aud: string }
  return [...managers, url].includes(claims.aud.replace(/\/+$/, '').toLowerCase())
}

export function isToken(secret: string, token: string): boolean {
  const [head, claims, signature] = token.split('.')
  if (!head || !claims || !signature) return false
  const expected = Buffer.from(sign(secret, `${head}.${claims}`))
  const given = Buffer.from(signature)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false
  const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { exp: number }
  return exp * 1000 > Date.now()
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function sign(secret: string, content: string): string {
  return createHmac('sha256', `token ${secret}`).update(content).digest('base64url')
}
