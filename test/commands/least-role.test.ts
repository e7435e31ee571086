/** The roles in the README are enough for what it says of them. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Sandboxed } from '../support/sandboxed.js'

const there = 'eastus2'
let azure: Sandboxed
let backup: string
let actions: readonly string[]
let besides: readonly string[]

beforeAll(async () => {
  azure = await Sandboxed.start()
  const readme = await readFile('README.md', 'utf8')
  const [role, drills] = [...readme.matchAll(/```json\n(.*?)```/gs)].map(([, json = '']) => JSON.parse(json))
  actions = role.Actions
  besides = drills
})
afterAll(() => azure.stop())

const mayDo = (...allowed: readonly string[]) => azure.fault({ kind: 'role', actions: [...allowed] })

describe('the least role', () => {
  it('is enough to back up, copy, verify and restore', async () => {
    await mayDo(...actions)
    await azure.ok('backup', 'configure', 'web-1', '--cross-region', '--target-region', there)
    const taken = await azure.ok<{ snapshotName: string; replicated: boolean }>('backup', 'trigger', 'web-1', '--wait')
    expect(taken.replicated).toBe(true)
    backup = taken.snapshotName
    await azure.ok('backup', 'run', '--all')
    await azure.ok('backup', 'verify', backup)
    await azure.ok('backup', 'verify', backup, '--deep', '--replica', there)
    await azure.ok('backup', 'cleanup', 'web-1')
    await azure.ok('backup', 'restore', 'web-1', '--backup', backup, '--yes', '--delete-previous-disks')
    await azure.ok('backup', 'restore', 'web-1', '--backup', backup, '--new-vm', 'web-2')
    const { name } = await azure.ok<{ name: string }>('snapshot', 'create', 'web-1')
    await azure.ok('snapshot', 'restore', 'web-1', name, '--yes')
    await azure.ok('snapshot', 'delete', name, '--yes')
    expect(await azure.ok('cleanup', '--yes')).toMatchObject({ removed: [], left: [] })
  })

  it('with the actions for drills is enough to drill', async () => {
    await azure.clearFaults()
    await mayDo(...actions, ...besides)
    const drill = ['dr', 'test', 'web-1', '--test-region', there]
    await azure.ok(...drill, '--check-command', 'true')
    await azure.ok(...drill, '--ssh-source', '127.0.0.1')
    await azure.ok('dr', 'failover', 'web-1', '--target-region', there, '--yes')
  })

  it('needs less where backups are only taken', async () => {
    await azure.clearFaults()
    const needless =
      /Network|disks\/(write|delete|endGetAccess)|virtualMachines\/(write|start|powerOff|deallocate)|snapshots\/beginGetAccess/
    await mayDo(...actions.filter((action) => !needless.test(action)))
    await azure.ok('backup', 'configure', 'tl-1')
    await azure.ok('backup', 'run', '--all')
    await azure.ok('backup', 'trigger', 'tl-1')
    await azure.ok('backup', 'cleanup', 'tl-1')
  })
})
