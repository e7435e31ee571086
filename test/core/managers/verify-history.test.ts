/** What earlier verifications saw counts: on this computer by its record, on others by the snapshots' tags. */
import { mkdtempSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Backup } from '../../../src/core/domain/backup.js'
import type { VerifyOptions } from '../../../src/core/domain/verification.js'
import { VerificationManager } from '../../../src/core/managers/verification-manager.js'
import { type OpenRecords, openRecords } from '../../../src/db/open.js'
import type { ImageTrouble } from '../../../src/sandbox/image/content.js'
import { type CoreOnSandbox, coreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { usualPolicy } from '../support/bench.js'

const web = { name: 'web-1', resourceGroup: 'demo-rg' }
const db = { name: 'db-1', resourceGroup: 'demo-rg' }
const usual: VerifyOptions = { depth: 'usual', allowUnread: false, allowBlank: false, allowExport: false }
const deep = { depth: 'deep' } as const
let core: CoreOnSandbox
let other: { readonly manager: VerificationManager; readonly records: OpenRecords; readonly home: string }

beforeEach(async () => {
  core = await coreOnSandbox()
  for (const vm of [web, db]) await core.schedules.configure(vm, usualPolicy, core.run())
  const home = mkdtempSync(join(tmpdir(), 'azlin-other-'))
  const records = await openRecords(home)
  const { azure, clock } = core
  const deps = { azure, clock, records, host: hostname(), lookEveryMs: 20 }
  const each = <T>(work: () => Promise<T>) => work()
  other = { home, records, manager: new VerificationManager({ ...deps, limit: each, backupLimit: each }) }
})
afterEach(async () => {
  await other.records.close()
  rmSync(other.home, { recursive: true, force: true })
  await core.close()
})
afterAll(endServer)

const take = async (vm: typeof web) => (await core.backups.trigger(vm, {}, core.run())).backup
const find = (name: string, replicaIn?: string) => core.verification.find(name, { replicaIn }, core.run())
const verify = async ({ name }: Backup, options: Partial<VerifyOptions> = {}, by = core.verification) =>
  by.verify(await find(name), { ...usual, ...options }, core.run())
const resourceOf = (backup: Backup, disk = 0) => {
  const snapshot = core.sandbox.world.get(backup.disks[disk]?.snapshot.id ?? '')
  if (!snapshot?.hidden.content || !snapshot.tags) throw new Error('The snapshot holds nothing.')
  return snapshot
}
function spoil(backup: Backup, trouble: ImageTrouble | undefined, disk = 0): void {
  const { hidden } = resourceOf(backup, disk)
  const { trouble: _, ...content } = hidden.content ?? never()
  hidden.content = trouble === undefined ? content : { ...content, trouble }
}
const never = (): never => {
  throw new Error('There is no content.')
}
const pass = (days: number) => core.sandbox.world.advance(days * 86_400_000)

describe('a snapshot whose content changed', () => {
  it('stays condemned for each that found it, a slice and all of it', async () => {
    const backup = await take(web)
    const slice = { depth: { part: 1, of: 1 } } as const
    await verify(backup, deep)
    await verify(backup, slice)
    const sound = resourceOf(backup).hidden.content
    spoil(backup, 'changed')
    expect(await verify(backup, slice)).toMatchObject({ success: false })
    expect(await verify(backup, deep)).toMatchObject({ success: false })

    if (sound) resourceOf(backup).hidden.content = sound
    const once = await verify(backup, slice)
    expect(once.errorMessage).toMatch(/--deep found that its content had changed/)
    expect(once.errorMessage).not.toMatch(/--slice/)
    expect(await find(backup.name)).toMatchObject({ condemned: true, verifiedAt: undefined })
    expect(await verify(backup, deep)).toMatchObject({ success: true })
    expect(resourceOf(backup).tags).not.toHaveProperty('azlin:fault')
    expect(await verify(backup)).toMatchObject({ success: true })
  })

  it('stays condemned whatever does not read all of it, here and elsewhere, until the first content is back', async () => {
    const backup = await take(web)
    await verify(backup, deep)
    const sound = resourceOf(backup).hidden.content
    spoil(backup, 'changed')
    expect(await verify(backup, deep)).toMatchObject({ success: false, diskReadable: false })
    expect(resourceOf(backup).tags?.['azlin:fault']).toMatch(/^fault=changed;depth=deep;at=2/)

    for (const by of [core.verification, other.manager]) {
      const again = await verify(backup, {}, by)
      expect(again).toMatchObject({ success: false, diskReadable: false })
      expect(again.errorMessage).toMatch(/--deep found that its content had changed\. Only another run with --deep/)
      expect(await verify(backup, { depth: { part: 1, of: 1 } }, by)).toMatchObject({ success: false })
      expect(await verify(backup, { ...deep, allowUnread: true }, by)).toMatchObject({ success: false })
    }
    expect(await find(backup.name)).toMatchObject({ verifiedAt: undefined, proof: undefined })

    if (sound) resourceOf(backup).hidden.content = sound
    expect(await verify(backup)).toMatchObject({ success: false })
    expect(await verify(backup, deep, other.manager)).toMatchObject({ success: true })
    expect(resourceOf(backup).tags?.['azlin:fault']).toBeUndefined()
    expect(await find(backup.name)).toMatchObject({ proof: { level: 3 }, verifyFailedAt: undefined })
    expect(await verify(backup)).toMatchObject({ success: true })
  })

  it('is noticed by a computer that never read it, as the first digest travels with the snapshot', async () => {
    const backup = await take(web)
    const first = await verify(backup, deep)
    expect(resourceOf(backup).tags?.['azlin:content']).toMatch(`holds=data;sha256=${first.disks[0]?.digest}`)
    spoil(backup, 'changed')
    const result = await verify(backup, deep, other.manager)
    expect(result).toMatchObject({ success: false })
    expect(result.errorMessage).toMatch(/content changed since/)
  })

  it('is compared with its source when it is a copy', async () => {
    const backup = await take(web)
    await verify(backup, deep)
    await core.replication.replicate(web, backup, { region: 'eastus2', resourceGroup: undefined }, core.run())
    const copied = () => find(backup.name, 'eastus2')
    const verifyCopy = async () => other.manager.verify(await copied(), { ...usual, ...deep }, core.run())
    expect(await verifyCopy()).toMatchObject({ success: true, region: 'eastus2' })
    spoil(await copied(), 'changed')
    expect(await verifyCopy()).toMatchObject({ success: false })
  })

  it('is told before it is restored from', async () => {
    const backup = await take(web)
    spoil(backup, 'zeroed')
    await verify(backup)
    const plan = await core.restores.plan(web, await find(backup.name), {}, core.run())
    expect(plan.notices.join()).toMatch(/last verification of .* failed .* may be damaged/)

    await core.replication.replicate(web, backup, { region: 'eastus2', resourceGroup: undefined }, core.run())
    const failover = () =>
      core.failovers.plan({ vm: web, targetRegion: 'eastus2', name: 'web-9', allowSizeChange: false }, core.run())
    // Of its source so far.
    expect((await failover()).notices.join()).toMatch(/damaged/)
    await core.verification.verify(await find(backup.name, 'eastus2'), usual, core.run())
    expect((await failover()).notices.join()).toMatch(/azlin backup verify \S+ --replica eastus2 tells why/)
  })
})

describe('a data disk that is blank', () => {
  it('is caught when this very snapshot held data before, by whoever reads it', async () => {
    const backup = await take(db)
    await verify(backup)
    spoil(backup, 'zeroed', 1)
    for (const by of [core.verification, other.manager])
      expect((await verify(backup, { allowBlank: true }, by)).errorMessage).toMatch(
        /^LUN 0: It is all zero, and held data when/,
      )
  })

  it('is caught in every later backup, until somebody says that it was emptied on purpose', async () => {
    await verify(await take(db))
    const later: Backup[] = []
    for (let day = 0; day < 3; day++) {
      pass(1)
      later.push(await take(db))
      spoil(later[day] as Backup, 'zeroed', 1)
      expect(await verify(later[day] as Backup)).toMatchObject({ success: false })
    }
    const [first, second, third] = later as [Backup, Backup, Backup]
    expect(await verify(second, { allowBlank: true })).toMatchObject({ success: true })
    expect(await verify(third)).toMatchObject({ success: true })
    expect(await verify(first)).toMatchObject({ success: false })
  })

  it('is one whose data is zero, too, and not only its beginning and its end', async () => {
    await core.seedLab()
    const raw = { name: 'raw-1', resourceGroup: 'lab-rg' }
    await core.schedules.configure(raw, usualPolicy, core.run())
    const { name } = await take(raw)
    pass(1)
    const { disks } = await verify(await core.backups.find(raw, name, core.run()))
    expect(disks.map(({ lun, blank, content }) => ({ lun, blank, content }))).toMatchObject([
      { lun: null, blank: false },
      { lun: 0, blank: false, content: expect.stringMatching(/and data behind: it is raw/) },
      { lun: 1, blank: true, content: expect.stringMatching(/unformatted or unused/) },
      { lun: 2, blank: false },
    ])
  })

  it('is no fault before it was ever written to', async () => {
    const early = await take(db)
    spoil(early, 'zeroed', 1)
    pass(1)
    await verify(await take(db))
    expect(await verify(early)).toMatchObject({ success: true })
  })

  it('is no fault of a new disk that took the place of an old one', async () => {
    await verify(await take(db))
    pass(1)
    const later = await take(db)
    spoil(later, 'zeroed', 1)
    const snapshot = resourceOf(later, 1)
    const facts = snapshot.tags?.['azlin:disk']?.replace(/name=.*$/, 'name=quite-new') ?? ''
    snapshot.tags = { ...snapshot.tags, 'azlin:disk': facts }
    expect(await verify(later)).toMatchObject({ success: true })
  })
})

describe('a data disk that is raw', () => {
  const scramble = (backup: Backup, kind: 'raw' | 'data') => {
    const { hidden } = resourceOf(backup, 1)
    hidden.content = { ...(hidden.content ?? never()), kind }
  }

  it('is caught when this very snapshot had a partition table, until that is back', async () => {
    const backup = await take(db)
    await verify(backup)
    scramble(backup, 'raw')
    for (let time = 0; time < 2; time++) {
      const { success, errorMessage } = await verify(backup)
      expect({ success, errorMessage }).toEqual({
        success: false,
        errorMessage: expect.stringMatching(
          /^LUN 0: It holds now: .*: it is raw. When it was read on .*, it held: GPT with/,
        ),
      })
    }
    expect(await find(backup.name)).toMatchObject({ verifiedAt: undefined })
    scramble(backup, 'data')
    expect(await verify(backup, deep)).toMatchObject({ success: true })
    scramble(backup, 'raw')
    await verify(backup, deep)
    expect(resourceOf(backup, 1).tags?.['azlin:fault']).toMatch(/^fault=changed/)
  })

  it('is no fault, and said, when an older backup of it had one', async () => {
    const first = await take(db)
    await verify(first)
    pass(1)
    const later = await take(db)
    scramble(later, 'raw')
    const { success, disks } = await verify(later)
    expect(success).toBe(true)
    expect(disks[1]?.notes.join()).toContain(`In ${first.name} this disk was: GPT with`)
  })
})

describe('a disk whose owner closed it to export', () => {
  const close = (access: Readonly<Record<string, unknown>>) => {
    for (const disk of core.sandbox.world.list('Microsoft.Compute/disks'))
      if (disk.name.startsWith('web-1')) disk.properties = { ...disk.properties, ...access }
  }
  const made = async (work: Promise<unknown>) => {
    const seen = new Map<string, unknown>()
    let done = false
    const look = async () => {
      while (!done) {
        for (const { name, properties } of core.sandbox.world.list('Microsoft.Compute/disks'))
          if (/-verify-/.test(name)) seen.set(name, properties['networkAccessPolicy'])
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
    }
    const looking = look()
    await work.finally(() => {
      done = true
    })
    await looking
    return [...seen.values()]
  }

  it.each([
    { networkAccessPolicy: 'DenyAll' },
    { publicNetworkAccess: 'Disabled' },
    { dataAccessAuthMode: 'AzureActiveDirectory' },
  ])('is not read through a temporary disk that is open: %j', async (access) => {
    close(access)
    const backup = await take(web)
    const result = await verify(backup)
    expect(result).toMatchObject({ success: false, diskReadable: undefined, sizeMatches: true, testDiskDeleted: true })
    expect(result.disks[0]?.error).toMatchObject({
      code: 'READ_REFUSED',
      hint: expect.stringMatching(/--allow-export/),
    })
    expect(await verify(backup, { allowUnread: true })).toMatchObject({ success: true, diskReadable: undefined })
    expect(await verify(backup, { allowExport: true })).toMatchObject({ success: true, diskReadable: true })
  })

  it('gets a temporary disk that is closed, too, also where a private way cannot be taken along', async () => {
    const id = `/subscriptions/${core.sandbox.subscriptionId}/resourceGroups/demo-rg/providers/Microsoft.Compute/diskAccesses/a`
    close({ networkAccessPolicy: 'AllowPrivate', diskAccessId: id })
    const backup = await take(web)
    expect(await made(verify(backup))).toEqual(['DenyAll'])
    expect(await made(verify(backup, { allowExport: true }))).toEqual(['AllowAll'])
  })

  it('is restored as closed as it was, with its private way where it stays', async () => {
    const id = `/subscriptions/${core.sandbox.subscriptionId}/resourceGroups/demo-rg/providers/Microsoft.Compute/diskAccesses/a`
    close({ networkAccessPolicy: 'AllowPrivate', diskAccessId: id, publicNetworkAccess: 'Disabled' })
    const backup = await take(web)
    const accessOf = async (options: { newVm?: string }) => {
      const plan = await core.restores.plan(web, await find(backup.name), options, core.run())
      const { restoredDisks } = await core.restores.execute(plan, core.run())
      const disks = core.sandbox.world.list('Microsoft.Compute/disks')
      return disks.find(({ name }) => name === restoredDisks[0])?.properties
    }
    expect(await accessOf({ newVm: 'web-9' })).toMatchObject({
      networkAccessPolicy: 'DenyAll',
      publicNetworkAccess: 'Disabled',
    })
    expect(await accessOf({})).toMatchObject({ networkAccessPolicy: 'AllowPrivate', diskAccessId: id })
  })
})

describe('a policy against links', () => {
  it('leaves the content open, like every other refusal to let the bytes be read', async () => {
    const backup = await take(web)
    const refusal = { status: 403, code: 'RequestDisallowedByPolicy', message: 'No links here.' }
    core.sandbox.faults.add({ kind: 'status', ...refusal, method: 'POST', path: 'beginGetAccess' })
    const result = await verify(backup)
    expect(result).toMatchObject({ success: false, diskReadable: undefined })
    expect(result.disks[0]?.error?.code).toBe('READ_REFUSED')
    expect(await verify(backup, { allowUnread: true })).toMatchObject({ success: true })
    const report = await core.verificationReports.report({ vm: web, days: 7 }, core.run())
    expect(report).toMatchObject({ totalVerified: 1, successRate: 0, acceptedUnread: 1, lastVerified: undefined })
  })
})
