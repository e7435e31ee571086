import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Sandboxed } from '../support/sandboxed.js'
import { expectSoon } from '../support/soon.js'

const snapshots = 'Microsoft.Compute/snapshots'
const disks = 'Microsoft.Compute/disks'

let azure: Sandboxed
beforeEach(async () => {
  azure = await Sandboxed.start()
})
afterEach(() => azure.stop())

describe('azlin cleanup', () => {
  it('removes the half of a backup that a killed command left behind, once it was told to', async () => {
    await azure.ok('backup', 'configure', 'db-1')
    const busy = { status: 503, code: 'ServerBusy', message: 'The server is busy.', retryAfter: 30 }
    await azure.fault({ kind: 'status', ...busy, method: 'PUT', path: '/snapshots/.*-lun2' })
    const running = azure.begin('backup', 'trigger', 'db-1')
    await expectSoon(() => azure.names(snapshots).length === 2)
    running.child.kill('SIGKILL')
    await running.ended
    const halves = azure.names(snapshots)
    expect(await azure.ok('backup', 'list', 'db-1')).toEqual({ backups: [] })

    const preview = await azure.ok<{ removed: { resource: string }[] }>('cleanup', '--dry-run')
    expect(preview.removed.map(({ resource }) => nameIn(resource))).toEqual(expect.arrayContaining(halves))
    expect(azure.names(snapshots)).toEqual(halves)
    const swept = await azure.ok<{ left: unknown[]; dryRun: boolean }>('cleanup', '--yes')
    expect(swept).toMatchObject({ left: [], dryRun: false })
    expect(azure.names(snapshots)).toEqual([])
    expect(await azure.ok('cleanup', '--force')).toMatchObject({ removed: [], left: [] })
  })

  it('brings a restore to its end that was killed between the swap and the start', async () => {
    await azure.ok('backup', 'configure', 'web-1')
    const { snapshotName } = await azure.ok<{ snapshotName: string }>('backup', 'trigger', 'web-1')
    const busy = { status: 503, code: 'ServerBusy', message: 'The server is busy.', retryAfter: 30 }
    await azure.fault({ kind: 'status', ...busy, method: 'POST', path: '/virtualMachines/web-1/start' })
    const running = azure.begin('backup', 'restore', 'web-1', '--backup', snapshotName, '--yes')
    await expectSoon(() => azure.struck)
    running.child.kill('SIGKILL')
    await running.ended
    await azure.clearFaults()
    const marked = () => azure.sandbox.world.list(disks).filter(({ tags }) => tags?.['azlin:temporary'] !== undefined)
    expect(marked()).toHaveLength(1)

    const planned = await azure.run('cleanup', '--dry-run')
    expect(planned.stdout).toContain(
      'web-1 was left stopped with its restored disks, and is to be started; its old disks are kept: web-1_OsDisk_1.',
    )
    expect(planned.stdout).toContain('In use, so only its mark is to go:\n  disk ')
    expect(marked()).toHaveLength(1)
    expect(await azure.ok('cleanup', '--yes')).toMatchObject({
      removed: [],
      left: [],
      unmarked: [{ kind: 'disk', purpose: 'restore web-1' }],
      settled: [
        'web-1 was left stopped with its restored disks, and runs again; its old disks are kept: web-1_OsDisk_1',
      ],
    })
    expect(marked()).toEqual([])
    const previous = azure.sandbox.world.list(disks).filter(({ tags }) => tags?.['azlin:previous-disk-of'] === 'web-1')
    expect(previous.map(({ name }) => name)).toEqual(['web-1_OsDisk_1'])
    expect((await azure.run('cleanup', '--yes')).stdout).toBe('Nothing temporary was left behind.\n')
  })

  it('ends with 1 when what should have gone is still there, and with 3 when other things went', async () => {
    await azure.ok('backup', 'configure', 'db-1')
    const { snapshotName } = await azure.ok<{ snapshotName: string }>('backup', 'trigger', 'db-1')
    const running = azure.begin('backup', 'restore', 'db-1', '--backup', snapshotName, '--yes')
    await running.said('db-1 (deallocating)')
    running.child.kill('SIGKILL')
    await running.ended
    const locked = { status: 409, code: 'ScopeLocked', message: 'It is locked.' }
    await azure.fault({ kind: 'status', ...locked, method: 'DELETE', path: '/disks/.*-lun2-' })
    expect((await azure.run('cleanup', '--yes')).code).toBe(3)
    const { code, stdout } = await azure.run('cleanup', '--yes')
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/^Left:\n {2}disk .*-lun2-.* lock/) })
    await azure.clearFaults()
    expect((await azure.run('cleanup', '--yes')).code).toBe(0)
  })

  it('says that there is nothing to do', async () => {
    const { code, stdout } = await azure.run('cleanup', '--yes')
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Nothing temporary was left behind.\n' })
  })
})

const nameIn = (resource: string) => resource.slice(resource.lastIndexOf('/') + 1)
