/** The proxy that the SDK goes by. It reads the environment itself, and stumbles over what is no URL. */
import { AzlinError } from '../core/errors.js'

/** In the SDK's order; each also in small letters. */
const names = ['HTTPS_PROXY', 'ALL_PROXY', 'HTTP_PROXY']

/** INVALID_INPUT. To an endpoint that was named there may be no proxy on the way: then only what cannot be read is refused. */
export function checkProxy(env: Readonly<Record<string, string | undefined>>, isEndpointNamed: boolean): void {
  const name = names.flatMap((one) => [one, one.toLowerCase()]).find((one) => env[one])
  const value = name === undefined ? undefined : env[name]
  if (name === undefined || value === undefined) return
  if (URL.canParse(value) && (isEndpointNamed || /^https?:\/\//i.test(value))) return
  // A password in it is not for the screen.
  const shown = value.replace(/^.*@/, '…@')
  const why = 'it has to begin with http:// or https://'
  throw new AzlinError('INVALID_INPUT', {
    what: name,
    value: shown,
    why,
    example: `${name}=http://proxy.example:3128`,
  })
}
