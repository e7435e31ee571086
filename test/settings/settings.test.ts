import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { resolveSettings, stateFolder } from '../../src/settings/settings.js'
import { onLinux, zombie } from '../support/zombie.js'

const [one, two, three] = ['1', '2', '3'].map((digit) => '00000000-0000-0000-0000-00000000000x'.replace('x', digit))
let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'azlin-settings-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const env = (more: Record<string, string> = {}) => ({ AZLIN_HOME: home, ...more })
const config = (text: string) => writeFileSync(join(home, 'config.toml'), text)

function connect(pid: number): void {
  mkdirSync(join(home, 'sandbox'), { recursive: true })
  const connection = { pid, url: 'https://127.0.0.1:1', subscriptionId: two, resourceGroup: 'demo-rg' }
  writeFileSync(join(home, 'sandbox', 'connection.json'), JSON.stringify(connection))
}

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
      encryptionSets: {},
      sandbox: undefined,
    })
  })

  it('know the disk encryption sets of regions, and refuse what is none', async () => {
    const id = '/subscriptions/s/resourceGroups/keys/providers/Microsoft.Compute/diskEncryptionSets/east'
    writeFileSync(join(home, 'config.toml'), `[disk_encryption_sets]\n"East US 2" = "${id}"\n`)
    expect(
      (await resolveSettings({}, env({ AZURE_SUBSCRIPTION_ID: '00000000-0000-0000-0000-000000000001' })))
        .encryptionSets,
    ).toEqual({ eastus2: id })
    writeFileSync(join(home, 'config.toml'), '[disk_encryption_sets]\neastus2 = "keys"\n')
    await expect(resolveSettings({}, env())).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' })
  })

  it.each<[string, Record<string, string>, string]>([
    ['a cloud nobody has', { AZLIN_CLOUD: 'moon' }, 'INVALID_INPUT'],
    ['a subscription that is no GUID', { AZURE_SUBSCRIPTION_ID: 'mine' }, 'INVALID_INPUT'],
    ['an endpoint over plain http', { AZLIN_ARM_ENDPOINT: 'http://127.0.0.1:1' }, 'INVALID_INPUT'],
    ['an endpoint that is no URL', { AZLIN_ARM_ENDPOINT: 'management' }, 'INVALID_INPUT'],
    ['an endpoint with a password', { AZLIN_ARM_ENDPOINT: 'https://me:word@127.0.0.1' }, 'INVALID_INPUT'],
    ['an endpoint with a query', { AZLIN_ARM_ENDPOINT: 'https://127.0.0.1/?a=b' }, 'INVALID_INPUT'],
    ['a poll interval over ten minutes', { AZLIN_POLL_INTERVAL_MS: '600001' }, 'INVALID_INPUT'],
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
    config('subscription = "a"\n  cloud = [1]')
    await expect(resolveSettings({}, env())).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringMatching(/config\.toml.*line 2: cloud/),
    })
  })

  it.each([
    ['clod = "sandbox"', 'line 2: clod .*Did you mean cloud'],
    ['"Default-resource-group" = "b"', 'line 2: Default-resource-group .*Did you mean default_resource_group'],
    ['[disk_encryption_set]\neastus2 = "x"', 'line 2: disk_encryption_set .*Did you mean disk_encryption_sets'],
  ])('are not left out for a slip: %s', async (line, expected) => {
    config(`subscription = "${one}"\n${line}`)
    await expect(resolveSettings({}, env())).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringMatching(new RegExp(expected)),
    })
  })

  it('leave to other programs what is theirs', async () => {
    config(
      `subscription = "${one}"\ndefault_region = "westus2"\ndefault_vm_size = "Standard_B2s"\n[theme]\ndark = true`,
    )
    expect((await resolveSettings({}, env())).subscriptionId).toBe(one)
  })

  it.each(['subscription', 'resource-group', 'cloud'])('do not fall back when --%s is empty', async (flag) => {
    const full = env({ AZURE_SUBSCRIPTION_ID: one ?? '', AZLIN_RESOURCE_GROUP: 'production' })
    await expect(resolveSettings({ [flag]: ' ' }, full)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(`--${flag}`),
    })
  })

  it('show no password of an endpoint that is refused', async () => {
    const refused = resolveSettings(
      {},
      env({ AZURE_SUBSCRIPTION_ID: one ?? '', AZLIN_ARM_ENDPOINT: 'http://me:word@h' }),
    )
    await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining('word') })
  })

  it('of a running sandbox come from what it wrote about itself', async () => {
    connect(process.pid)
    const found = await resolveSettings({ cloud: 'sandbox' }, env({ AZURE_SUBSCRIPTION_ID: one ?? '' }))
    expect(found).toMatchObject({
      subscriptionId: two,
      resourceGroup: 'demo-rg',
      armEndpoint: 'https://127.0.0.1:1',
      pollIntervalMs: 100,
    })
    await expect(resolveSettings({ cloud: 'sandbox', subscription: 'mine' }, env())).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    })
  })

  it('take a sandbox whose process was killed for one that does not run', async () => {
    const sleeper = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    connect(sleeper.pid ?? 0)
    expect((await resolveSettings({ cloud: 'sandbox' }, env())).cloud).toBe('sandbox')
    sleeper.kill('SIGKILL')
    await once(sleeper, 'close')
    await expect(resolveSettings({ cloud: 'sandbox' }, env())).rejects.toMatchObject({ code: 'SANDBOX_NOT_RUNNING' })
  })

  onLinux('take a sandbox that nobody has buried for a dead one', async () => {
    const { pid, bury } = await zombie()
    connect(pid)
    const found = resolveSettings({ cloud: 'sandbox' }, env())
    await expect(found).rejects.toMatchObject({ code: 'SANDBOX_NOT_RUNNING' }).finally(bury)
  })
})

it('keeps its state in the home folder unless told otherwise', () => {
  expect(stateFolder({})).toMatch(/\.azlin$/)
  expect(stateFolder({ AZLIN_HOME: '/tmp/x' })).toBe('/tmp/x')
})

it('never keeps its state wherever one happens to stand', () => {
  const before = process.env['HOME']
  process.env['HOME'] = ''
  try {
    expect(isAbsolute(stateFolder({}))).toBe(true)
  } finally {
    if (before === undefined) delete process.env['HOME']
    else process.env['HOME'] = before
  }
})

describe('a proxy in the environment', () => {
  const asked = (more: Record<string, string>) =>
    resolveSettings({}, env({ AZURE_SUBSCRIPTION_ID: one ?? '', ...more }))
  const refused = { code: 'INVALID_INPUT', message: expect.stringContaining('begin with http://') }

  it('is a URL, or refused before anything is sent; its password is not shown', async () => {
    for (const value of ['10.0.0.1:8080', 'proxy.example:8080', 'not a url', 'socks5://10.0.0.1:1080'])
      await expect(asked({ HTTPS_PROXY: value })).rejects.toMatchObject(refused)
    const error = await asked({ all_proxy: 'joe:secret@10.0.0.1:8080' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject(refused)
    expect(String(error)).not.toContain('secret')
    for (const value of ['', 'http://10.0.0.1:8080', 'HTTPS://joe:secret@proxy.example'])
      expect(await asked({ HTTPS_PROXY: value })).toMatchObject({ subscriptionId: one })
  })

  it('may be of another kind where none may be needed', async () => {
    const endpoint = { AZLIN_ARM_ENDPOINT: 'https://127.0.0.1:1' }
    expect(await asked({ ...endpoint, HTTPS_PROXY: 'proxy.example:8080' })).toMatchObject({ subscriptionId: one })
    await expect(asked({ ...endpoint, HTTPS_PROXY: '10.0.0.1:8080' })).rejects.toMatchObject(refused)
  })
})
