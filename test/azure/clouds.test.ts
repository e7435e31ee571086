import { expect, it } from '@jest/globals'
import { cloudOf, mayHaveToken } from '../../src/azure/clouds.js'

it('asks each cloud for tokens of its own, and a custom endpoint for those of the public one', () => {
  expect(cloudOf('AzureCloud', undefined)).toMatchObject({ scope: 'https://management.azure.com/.default' })
  expect(cloudOf('AzureChinaCloud', undefined)).toEqual({
    endpoint: 'https://management.chinacloudapi.cn',
    scope: 'https://management.chinacloudapi.cn/.default',
    authorityHost: 'https://login.chinacloudapi.cn',
  })
  expect(cloudOf('AzureUSGovernment', 'https://127.0.0.1:1/')).toEqual({
    endpoint: 'https://127.0.0.1:1',
    scope: 'https://management.azure.com/.default',
    authorityHost: 'https://login.microsoftonline.us',
  })
})

it.each([
  ['https://management.azure.com/x', true],
  ['https://eastus2.management.azure.com/x', true],
  ['https://management.azure.com.example/x', false],
  ['https://evilmanagement.azure.com/x', false],
  ['https://azure.example/x', true],
  ['https://AZURE.example:8443/x', true],
  ['http://azure.example/x', false],
  ['https://127.0.0.1/x', false],
])('lets a token go to %s: %s', (url, may) => {
  expect(mayHaveToken(url, cloudOf('AzureCloud', 'https://azure.example'))).toBe(may)
})

it('takes all names of this computer for one', () => {
  const here = cloudOf('sandbox', 'https://127.0.0.1:1')
  expect(mayHaveToken('https://localhost:2/x', here)).toBe(true)
  expect(mayHaveToken('http://localhost:2/x', here)).toBe(false)
})
