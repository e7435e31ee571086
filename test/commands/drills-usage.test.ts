/** What may be typed for drills: everything that is wrong ends with 2 before anything is sent. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { azlin, documentOf, freshHome, type Surroundings } from '../support/azlin.js'

interface Failure {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string }
}

let around: Surroundings
let remove: () => Promise<void>
beforeAll(async () => {
  const fresh = await freshHome()
  // The port answers nobody: whatever is sent would end as NETWORK.
  const env = {
    AZURE_SUBSCRIPTION_ID: '00000000-0000-0000-0000-000000000001',
    AZLIN_RESOURCE_GROUP: 'demo-rg',
    AZLIN_ARM_ENDPOINT: 'https://127.0.0.1:9',
  }
  around = { home: fresh.home, env }
  remove = fresh.remove
})
afterAll(() => remove())

const test = ['dr', 'test', 'web-1', '--test-region', 'westus2']
const subnet = '/subscriptions/s/resourceGroups/n/providers/Microsoft.Network/virtualNetworks/v/subnets/a'

describe('a drill that makes no sense', () => {
  it.each([
    ['USAGE', ['dr', 'test', 'web-1']],
    ['USAGE', ['dr', 'test', '--test-region', 'westus2']],
    ['INVALID_INPUT', ['dr', 'test', 'web-1', '--test-region', 'west us; 2']],
    ['INVALID_INPUT', ['dr', 'test', 'web 1', '--test-region', 'westus2']],
    ['INVALID_INPUT', [...test, '--backup', 'no such name']],
    ['INVALID_INPUT', [...test, '--size', '4 cores']],
    ['INVALID_INPUT', [...test, '--ssh-source', '0.0.0.0/0']],
    ['INVALID_INPUT', [...test, '--subnet', 'default']],
    ['USAGE', [...test, '--subnet', subnet, '--ssh-source', '203.0.113.7']],
    ['INVALID_INPUT', [...test, '--check-http', 'health']],
    ['INVALID_INPUT', [...test, '--check-http', '/health:99999']],
    ['INVALID_INPUT', [...test, '--check-command', ' ']],
    ['INVALID_INPUT', [...test, '--check-command', 'true', '--check-timeout', '5']],
    ['INVALID_INPUT', [...test, '--check-command', 'true', '--check-timeout', '1d']],
    ['USAGE', [...test, '--check-timeout', '5m']],
    ['USAGE', [...test, '--no-connectivity', '--check-http', '/']],
    ['USAGE', [...test, '--no-connectivity', '--ssh-source', '203.0.113.7']],
    ['USAGE', [...test, '--ssh-user', 'ops']],
    ['USAGE', [...test, '--ssh-user', 'ops', '--ssh-key', 'key']],
    ['INVALID_INPUT', [...test, '--ssh-source', '203.0.113.7', '--ssh-user', '-o', '--ssh-key', 'key']],
    ['INVALID_INPUT', [...test, '--ssh-source', '203.0.113.7', '--ssh-user', 'ops', '--ssh-key', '/etc/hostname']],
    ['INVALID_INPUT', [...test, '--ssh-source', '203.0.113.7', '--ssh-user', 'ops', '--ssh-key', 'nowhere']],
    ['INVALID_INPUT', [...test, '--junit', join('nowhere', 'drill.xml')]],
    ['INVALID_INPUT', ['dr', 'configure', 'web-1', '--test-region', 'westus2', '--every-days', '0']],
    ['USAGE', ['dr', 'configure', 'web-1']],
    ['INVALID_INPUT', ['dr', 'test-all', '--max-parallel', '0']],
    ['INVALID_INPUT', ['dr', 'test-history', '--days', 'x']],
    ['USAGE', ['dr', 'test-history', '--csv', '--json']],
    ['INVALID_INPUT', ['dr', 'success-rate', '--fail-below', '101']],
    ['USAGE', ['dr', 'failover', 'web-1']],
    [
      'USAGE',
      ['dr', 'failover', 'web-1', '--target-region', 'westus2', '--backup', 'a', '--at', '2026-11-23', '--yes'],
    ],
    ['INVALID_INPUT', ['dr', 'failover', 'web-1', '--target-region', 'westus2', '--at', 'yesterday', '--yes']],
    ['CONFIRMATION_NEEDED', ['dr', 'failover', 'web-1', '--target-region', 'westus2']],
    ['CONFIRMATION_NEEDED', ['dr', 'failback', 'web-1']],
    ['USAGE', ['dr', 'failback', 'web-1', '--to-resource-group', 'rg', '--yes']],
    ['USAGE', ['dr', 'plan']],
    ['INVALID_INPUT', ['dr', 'plan', 'nowhere.yaml']],
  ])('is %s: %j', async (code, args) => {
    const ended = await azlin([...args, ...(args.includes('--json') ? [] : ['--json'])], around)
    expect(documentOf<Failure>(ended).error).toMatchObject({ code, hint: expect.stringMatching(/\S/) })
    expect(ended.code).toBe(2)
  })

  it('the help of a failover says both that --resource-group may mean', async () => {
    const { stdout } = await azlin(['dr', 'failover', '--help'], around)
    const flag = /-g, --resource-group.*?--cloud/s.exec(stdout)?.[0].replaceAll(/\s+/g, ' ')
    expect(flag).toContain(
      'Group of the lost VM; where the copies are of a VM in another group, the one for the new VM.',
    )
  })

  it('a plan is refused with every mistake and its line', async () => {
    await writeFile(join(around.home, 'shop.yaml'), 'test-regin: x\ngroups:\n  - vms: [a b]\n')
    const ended = await azlin(['dr', 'plan', 'shop.yaml'], around)
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain('line 1: the plan has no "test-regin"; did you mean test-region?')
    expect(ended.stderr).toContain('line 3: name "a b" is not valid')
  })
})
