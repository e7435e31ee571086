import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { resolveSettings, stateFolder } from '../../src/settings/settings.js'

const [one, two, three] = ['1', '2', '3'].map((digit) => '00000000-0000-0000-0000-00000000000x'.replace('x', digit))
let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'azlin-settings-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const env = (more: Record<string, string> = {}) => ({ AZLIN_HOME: home, ...more })
const config = (text: string) => writeFileSync(join(home, 'config.toml'), text)

describe('settings', () => {
  it('go by flag, then environment, then config.toml, then default', async () => {
    config(
      `subscription = "${three}"\ndefault_resource_group = "from-file"\npoll_interval_ms = 7000\ncloud = "AzureChinaCloud"`,
    )
    expect(await resolveSettings({}, env())).toMatchObject({
      subscriptionId: three,
      resourceGroup: 'from-file',
      pollIntervalMs: 7000,
      cloud: 'AzureChinaCloud',
    })
    const fromEnv = env({
      AZURE_SUBSCRIPTION_ID: two ?? '',
      AZLIN_RESOURCE_GROUP: 'from-env',
      AZLIN_CLOUD: 'azurecloud',
    })
    expect(await resolveSettings({}, fromEnv)).toMatchObject({
      subscriptionId: two,
      resourceGroup: 'from-env',
      cloud: 'AzureCloud',
    })
    const flags = { subscription: one, 'resource-group': 'from-flag', cloud: 'AzureUSGovernment' }
    expect(await resolveSettings(flags, fromEnv)).toMatchObject({
      subscriptionId: one,
      resourceGroup: 'from-flag',
      cloud: 'AzureUSGovernment',
    })
  })

  it('have the defaults of the contract, and take an empty variable for none', async () => {
    const empty = env({
      AZURE_SUBSCRIPTION_ID: one ?? '',
      AZLIN_CLOUD: '',
      AZLIN_POLL_INTERVAL_MS: ' ',
      AZLIN_ARM_ENDPOINT: '',
    })
    expect(await resolveSettings({}, empty)).toEqual({
      home,
      cloud: 'AzureCloud',
      subscriptionId: one,
      resourceGroup: undefined,
      armEndpoint: undefined,
      pollIntervalMs: 2000,
      sandbox: undefined,
    })
  })

  it.each<[string, Record<string, string>, string]>([
    ['a cloud nobody has', { AZLIN_CLOUD: 'moon' }, 'INVALID_INPUT'],
    ['a subscription that is no GUID', { AZURE_SUBSCRIPTION_ID: 'mine' }, 'INVALID_INPUT'],
    ['an endpoint over plain http', { AZLIN_ARM_ENDPOINT: 'http://127.0.0.1:1' }, 'INVALID_INPUT'],
    ['an endpoint that is no URL', { AZLIN_ARM_ENDPOINT: 'management' }, 'INVALID_INPUT'],
    ['a poll interval below nothing', { AZLIN_POLL_INTERVAL_MS: '-1' }, 'INVALID_INPUT'],
    ['no subscription at all', { AZURE_SUBSCRIPTION_ID: '' }, 'SETTING_MISSING'],
    ['a sandbox that does not run', { AZLIN_CLOUD: 'sandbox' }, 'SANDBOX_NOT_RUNNING'],
  ])('refuse %s', async (_, more, code) => {
    await expect(resolveSettings({}, env({ AZURE_SUBSCRIPTION_ID: one ?? '', ...more }))).rejects.toMatchObject({
      code,
    })
  })

  it('name the file and the line that cannot be read', async () => {
    config('subscription = "a"\ncloud = = 3')
    await expect(resolveSettings({}, env())).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringMatching(/config\.toml.*line 2/),
    })
    config('cloud = [1]')
    await expect(resolveSettings({}, env())).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' })
  })

  it('of a running sandbox come from what it wrote about itself', async () => {
    mkdirSync(join(home, 'sandbox'))
    const connection = { pid: process.pid, url: 'https://127.0.0.1:1', subscriptionId: two, resourceGroup: 'demo-rg' }
    writeFileSync(join(home, 'sandbox', 'connection.json'), JSON.stringify(connection))
    const found = await resolveSettings({ cloud: 'sandbox' }, env({ AZURE_SUBSCRIPTION_ID: one ?? '' }))
    expect(found).toMatchObject({
      subscriptionId: two,
      resourceGroup: 'demo-rg',
      armEndpoint: 'https://127.0.0.1:1',
      pollIntervalMs: 100,
    })
  })
})

it('keeps its state in the home folder unless told otherwise', () => {
  expect(stateFolder({})).toMatch(/\.azlin$/)
  expect(stateFolder({ AZLIN_HOME: '/tmp/x' })).toBe('/tmp/x')
})
