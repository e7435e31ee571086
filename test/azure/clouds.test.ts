import { expect, it } from '@jest/globals'
import { cloudOf } from '../../src/azure/clouds.js'

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
