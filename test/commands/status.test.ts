/** Whether each VM could be restored now, as an operator and a monitor see it. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { documentOf } from '../support/azlin.js'
import { Sandboxed } from '../support/sandboxed.js'

interface Status {
  readonly vms: readonly {
    readonly vmName: string
    readonly resourceGroup: string
    readonly standing: string
    readonly gone: boolean
    readonly newest: { readonly snapshotName: string; readonly region: string; readonly ageSeconds: number } | null
    readonly elsewhere: readonly { readonly region: string }[]
    readonly proofLevel: number
    readonly problems: readonly { readonly code: string; readonly message: string; readonly hint: string }[]
  }[]
}

let azure: Sandboxed
beforeEach(async () => {
  azure = await Sandboxed.start()
})
afterEach(() => azure.stop())

async function status(...args: string[]): Promise<Status & { readonly code: number | null }> {
  const ended = await azure.run('backup', 'status', ...args, '--json')
  return { ...documentOf<Status>(ended), code: ended.code }
}
const standings = ({ vms }: Status) => vms.map(({ vmName, standing }) => [vmName, standing])

describe('azlin backup status', () => {
  it('tells of a VM until it is protected, and changes nothing', async () => {
    const nobody = await azure.run('backup', 'status')
    expect([nobody.code, nobody.stdout]).toEqual([
      0,
      'No VM has a backup schedule or a backup. azlin backup configure <vm> sets a schedule.\n',
    ])
    await azure.ok('backup', 'configure', 'web-1')
    const before = await status()
    expect([before.code, standings(before)]).toEqual([1, [['web-1', 'unprotected']]])
    expect(before.vms[0]).toMatchObject({ newest: null, proofLevel: 0, problems: [{ code: 'NO_BACKUP' }] })

    const { snapshotName } = await azure.ok<{ snapshotName: string }>('backup', 'trigger', 'web-1')
    const sent = (await azure.changes()).length
    const after = await status('WEB-1', 'web-1')
    expect([after.code, after.vms]).toMatchObject([
      0,
      [{ standing: 'protected', newest: { snapshotName, region: 'westus2' }, proofLevel: 1, problems: [] }],
    ])
    expect(after.vms[0]?.newest?.ageSeconds).toBeLessThan(600)
    const all = await status('--all')
    expect([all.code, standings(all).slice(0, 2)]).toEqual([
      3,
      [
        ['web-1', 'protected'],
        ['db-1', 'unprotected'],
      ],
    ])
    expect(await azure.changes()).toHaveLength(sent)
  })

  it('says what is overdue, and the command it names mends it', async () => {
    await azure.ok('backup', 'configure', 'web-1', '--cross-region', '--target-region', 'eastus2')
    await azure.ok('backup', 'trigger', 'web-1', '--wait')
    expect((await status()).vms[0]).toMatchObject({ standing: 'protected', elsewhere: [{ region: 'eastus2' }] })
    await azure.advance(9)
    const late = await status()
    expect([late.code, standings(late)]).toEqual([1, [['web-1', 'at risk']]])
    expect(late.vms[0]?.problems.map(({ code }) => code)).toEqual(['OVERDUE', 'UNVERIFIED'])
    const told = await azure.run('backup', 'status', 'web-1')
    expect(told.stdout).toContain(
      'web-1: Its newest backup is 9 days old, and its schedule wants one every day.\n  azlin backup run web-1 takes it',
    )
    await azure.ok('backup', 'run', 'web-1', '--wait')
    await azure.ok('backup', 'verify-all', 'web-1', '--stale')
    const mended = await status()
    expect([mended.code, standings(mended)]).toEqual([0, [['web-1', 'protected']]])
    expect(mended.vms[0]?.proofLevel).toBeGreaterThanOrEqual(3)
  })

  it('still tells of a VM that is gone what it can be restored from, and counts it as no trouble', async () => {
    await azure.ok('backup', 'configure', 'web-1')
    await azure.ok('backup', 'trigger', 'web-1')
    const [machine] = azure.sandbox.world
      .list('Microsoft.Compute/virtualMachines')
      .filter(({ name }) => name === 'web-1')
    azure.sandbox.world.remove(machine?.id ?? '')
    const gone = await status()
    expect([gone.code, gone.vms]).toMatchObject([0, [{ vmName: 'web-1', gone: true, standing: 'protected' }]])
    expect((await azure.run('backup', 'status')).stdout).toContain('web-1 (gone)')
    expect(await status('web-1')).toMatchObject({ code: 0, vms: gone.vms.map(({ vmName }) => ({ vmName })) })
  })

  it('tells of a VM whose region is down', async () => {
    await azure.ok('backup', 'configure', 'web-1', '--cross-region', '--target-region', 'eastus2')
    await azure.ok('backup', 'trigger', 'web-1', '--wait')
    await azure.fault({ kind: 'regionDown', region: 'westus2' })
    const told = await status('web-1')
    expect([told.code, told.vms]).toMatchObject([
      0,
      [{ gone: false, standing: 'protected', elsewhere: [{ region: 'eastus2' }] }],
    ])
    expect(azure.struck).toBe(true)
  })

  it('refuses what it cannot tell of', async () => {
    const missing = await azure.run('backup', 'status', 'web-9', '--json')
    expect([missing.code, documentOf<{ error: { code: string } }>(missing).error.code]).toEqual([4, 'VM_NOT_FOUND'])
    expect((await azure.run('backup', 'status', 'web-1', '--all')).code).toBe(2)
  })
})
