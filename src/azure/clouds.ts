/** Where each Azure cloud lives. Source: the public cloud endpoint lists of Azure, as in the facts on sovereign clouds. */
export type CloudName = 'AzureCloud' | 'AzureUSGovernment' | 'AzureChinaCloud' | 'sandbox'

export interface Cloud {
  /** Resource Manager, without a slash at the end. */
  readonly endpoint: string
  /** Whom a token is asked for. */
  readonly scope: string
  /** Where people sign in; undefined leaves it to the credential's own environment. */
  readonly authorityHost: string | undefined
}

const publicScope = 'https://management.azure.com/.default'

const clouds: Record<Exclude<CloudName, 'sandbox'>, Cloud> = {
  AzureCloud: { endpoint: 'https://management.azure.com', scope: publicScope, authorityHost: undefined },
  AzureUSGovernment: {
    endpoint: 'https://management.usgovcloudapi.net',
    scope: 'https://management.usgovcloudapi.net/.default',
    authorityHost: 'https://login.microsoftonline.us',
  },
  AzureChinaCloud: {
    endpoint: 'https://management.chinacloudapi.cn',
    scope: 'https://management.chinacloudapi.cn/.default',
    authorityHost: 'https://login.chinacloudapi.cn',
  },
}

/** The token audience of a custom endpoint is the public cloud's. */
export function cloudOf(name: CloudName, customEndpoint: string | undefined): Cloud {
  const known = clouds[name === 'sandbox' ? 'AzureCloud' : name]
  if (customEndpoint === undefined) return known
  return { ...known, endpoint: customEndpoint.replace(/\/+$/, ''), scope: publicScope }
}

/**
 * Whether a token may go there: to the endpoint that was named and the cloud's own, and to what stands under their names,
 * as the regions' do. A link in an answer may lead anywhere.
 */
export function mayHaveToken(url: string, { endpoint, scope }: Pick<Cloud, 'endpoint' | 'scope'>): boolean {
  const { protocol, hostname } = new URL(url)
  if (protocol !== 'https:') return false
  if (isLoopback(url) && isLoopback(endpoint)) return true
  return [endpoint, scope].some((own) => `.${hostname}`.endsWith(`.${new URL(own).hostname}`))
}

/** Whether a host is this very computer: then no proxy stands between. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}
