import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Resource } from '../resource.js'
import type { World } from '../world.js'

/** The stored access policy that a SAS of a managed disk names; the URL itself holds no expiry. */
export interface Sas {
  readonly account: string
  readonly container: string
  readonly token: string
  readonly signature: string
}

/**
 * Where the bytes of a disk or snapshot with open access (`hidden.access`) can be read:
 * `<base>/blob/<account>/<container>/abcd?sv=…&sr=b&si=…&sig=…`.
 */
export function sasUrl(world: World, base: string, resource: Resource): string {
  const token = resource.hidden.access?.token
  if (token === undefined) throw new Error(`No access to ${resource.id} is granted.`)
  const { account, container } = placeOf(world, resource)
  const query = new URLSearchParams({
    sv: '2018-03-28',
    sr: 'b',
    si: token,
    sig: sign(world, `${account}/${container}/${token}`),
  })
  return `${base}/blob/${account}/${container}/abcd?${query}`
}

/** The disk or snapshot that a SAS opens now, or undefined when it is forged, revoked or expired. */
export function resourceOf(world: World, sas: Sas): Resource | undefined {
  const expected = Buffer.from(sign(world, `${sas.account}/${sas.container}/${sas.token}`))
  const given = Buffer.from(sas.signature)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  const granted = [...world.list('Microsoft.Compute/snapshots'), ...world.list('Microsoft.Compute/disks')].find(
    ({ hidden }) => hidden.access?.token === sas.token,
  )
  if (granted?.hidden.access === undefined || new Date(granted.hidden.access.until) <= world.now()) return undefined
  const { account, container } = placeOf(world, granted)
  return account === sas.account && container === sas.container ? granted : undefined
}

/** The SAS in a URL of ours, whatever host it names; undefined when it is none. */
export function parseSas(url: string): Sas | undefined {
  if (!URL.canParse(url, 'https://127.0.0.1')) return undefined
  const { pathname, searchParams } = new URL(url, 'https://127.0.0.1')
  const [, account, container] = /^\/blob\/([^/]+)\/([^/]+)\/abcd$/.exec(pathname) ?? []
  if (!account || !container) return undefined
  return { account, container, token: searchParams.get('si') ?? '', signature: searchParams.get('sig') ?? '' }
}

function placeOf(world: World, resource: Resource): { account: string; container: string } {
  const letters = createHmac('sha256', world.secret).update(resource.id.toLowerCase()).digest('hex')
  return { account: `md-${letters.slice(0, 12)}`, container: letters.slice(12, 24) }
}

function sign(world: World, text: string): string {
  return createHmac('sha256', world.secret).update(`sas ${text}`).digest('base64')
}
