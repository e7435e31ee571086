import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { AzlinError } from '../../src/core/errors.js'
import { parsePlan, readPlan } from '../../src/plan-file/read-plan.js'

const good = `# the shop
name: shop
test-region: West US 2
resource-group: prod
ssh-source: 203.0.113.7
require-replica: true
groups:
  - name: databases
    wait-for: checks
    pause: 2m
    vms:
      - name: db-1
        size: Standard_D4s_v5
        check-command: pg_isready
        check-timeout: 2m
      - db-2
  - vms:
      - name: web-1
        resource-group: front
        backup: web-1-backup-daily-20261122-010203
        check-http: /health:8080
      - name: batch
        connectivity: false
`

function mistakes(text: string, group: string | undefined = 'rg'): readonly string[] {
  try {
    parsePlan(text, 'shop.yaml', group)
  } catch (error) {
    if (AzlinError.is(error, 'PLAN_INVALID')) return error.details.problems
    throw error
  }
  throw new Error('it was expected to be refused')
}

describe('the plan of a drill', () => {
  it('is read with its groups in order, and the usual values where it says nothing', () => {
    const rest = {
      backup: undefined,
      size: undefined,
      connectivity: true,
      checkHttp: undefined,
      checkCommand: undefined,
      checkTimeoutMs: undefined,
    }
    expect(parsePlan(good, 'x.yaml', undefined)).toEqual({
      name: 'shop',
      testRegion: 'westus2',
      testResourceGroup: undefined,
      subnetId: undefined,
      sshSource: '203.0.113.7/32',
      requireReplica: true,
      allowSizeChange: false,
      groups: [
        {
          name: 'databases',
          waitFor: 'checks',
          pauseSeconds: 120,
          vms: [
            {
              ...rest,
              vm: { name: 'db-1', resourceGroup: 'prod' },
              size: 'Standard_D4s_v5',
              checkCommand: 'pg_isready',
              checkTimeoutMs: 120_000,
            },
            { ...rest, vm: { name: 'db-2', resourceGroup: 'prod' } },
          ],
        },
        {
          name: 'group 2',
          waitFor: 'checks',
          pauseSeconds: 0,
          vms: [
            {
              ...rest,
              vm: { name: 'web-1', resourceGroup: 'front' },
              backup: 'web-1-backup-daily-20261122-010203',
              checkHttp: { path: '/health', port: 8080 },
            },
            { ...rest, vm: { name: 'batch', resourceGroup: 'prod' }, connectivity: false },
          ],
        },
      ],
    })
  })

  it('has the name of its file and the group of the command where it names none', () => {
    const plan = parsePlan('test-region: westus2\ngroups: [{vms: [web-1]}]', '/plans/evening.yml', 'rg')
    expect(plan.name).toBe('evening')
    expect(plan.groups[0]?.vms[0]?.vm).toEqual({ name: 'web-1', resourceGroup: 'rg' })
  })

  it('is refused with every mistake and its line', () => {
    const text = `test-regoin: westus2
subnet: default
ssh-source: 0.0.0.0/0
require-replica: perhaps
groups:
  - name: databases
    wait-for: ever
    vms:
      - name: "db 1"
      - name: web-1
        check-http: health
        connectivity: false
        check-command: ""
        check-timeout: 5h
      - web-1
      - name: web-2
        check-timeout: 5m
  - vms: []
  - databases
`
    expect(mistakes(text)).toEqual([
      expect.stringMatching(/^line 1: the plan has no "test-regoin"; did you mean test-region\?/),
      expect.stringMatching(/^line 1: the plan needs test-region/),
      expect.stringMatching(/^line 2: subnet "default" is not valid/),
      expect.stringMatching(/^line 3: ssh-source "0.0.0.0\/0" is not valid: it lets in too many/),
      expect.stringMatching(/^line 4: require-replica needs true or false/),
      expect.stringMatching(/^line 7: wait-for "ever" is not valid: it needs boot or checks/),
      expect.stringMatching(/^line 9: name "db 1" is not valid/),
      expect.stringMatching(/^line 11: check-http "health" is not valid/),
      expect.stringMatching(/^line 13: check-command "" is not valid/),
      expect.stringMatching(/^line 14: check-timeout "5h" is not valid: it needs at most 4h/),
      expect.stringMatching(/^line 15: web-1 stands in databases already/),
      expect.stringMatching(/^line 16: web-2 has a check-timeout, and neither check-http nor check-command/),
      expect.stringMatching(/^line 18: vms needs a list with at least one item/),
      expect.stringMatching(/^line 19: group 3 needs keys and values/),
    ])
  })

  it('is refused when keys exclude each other, or one has no value', () => {
    const id = '/subscriptions/s/resourceGroups/n/providers/Microsoft.Network/virtualNetworks/v/subnets/a'
    const head = `test-region: westus2\nsubnet: ${id}\nssh-source: 203.0.113.7\n`
    expect(mistakes(`${head}groups: [{vms: [web-1]}]`)).toEqual([expect.stringContaining('do not go together')])
    expect(mistakes('test-region:\ngroups: [{vms: [web-1]}]')).toEqual(['line 1: test-region needs a value'])
    const checked = 'test-region: westus2\ngroups:\n- vms:\n  - {name: a, connectivity: false, check-http: /x}'
    expect(mistakes(checked)).toEqual(['line 4: a has checks, and connectivity switched off'])
  })

  it('is refused when it is no YAML, or says nothing', () => {
    expect(mistakes('groups: [\n')).toEqual([expect.stringMatching(/^line \d: /)])
    expect(mistakes('a: 1\na: 2')).toEqual([expect.stringMatching(/^line 2: .*unique/)])
    expect(mistakes('')).toEqual(['line 1: the plan needs keys and values'])
    expect(mistakes('- a')).toEqual(['line 1: the plan needs keys and values'])
  })

  it('takes a number as it was written', () => {
    const plan = parsePlan('test-region: westus2\ngroups: [{vms: [{name: 007}]}]', 'x.yaml', 'rg')
    expect(plan.groups[0]?.vms[0]?.vm.name).toBe('007')
  })

  it('needs a group for each VM from somewhere', () => {
    expect(() => parsePlan('test-region: westus2\ngroups: [{vms: [a]}]', 'x.yaml', undefined)).toThrow(/resource-group/)
  })
})

describe('the file of a plan', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'azlin-plan-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('is read, or it is said why not', async () => {
    const file = join(folder, 'shop.yaml')
    await writeFile(file, good)
    expect((await readPlan(file, undefined)).name).toBe('shop')
    const refused = (why: string) => ({ code: 'INVALID_INPUT', details: { why: expect.stringContaining(why) } })
    await expect(readPlan(join(folder, 'none.yaml'), 'rg')).rejects.toMatchObject(refused('there is no such file'))
    await writeFile(file, '#'.repeat(300_000))
    await expect(readPlan(file, 'rg')).rejects.toMatchObject(refused('too long'))
  })
})
