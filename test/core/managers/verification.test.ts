/** Verification on the embedded Azure: what passes, what is caught, and that nothing is left behind. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Backup } from '../../../src/core/domain/backup.js'
import type { Verification, VerifyOptions } from '../../../src/core/domain/verification.js'
import type { FaultRequest } from '../../../src/sandbox/faults.js'
import type { ImageTrouble } from '../../../src/sandbox/image/content.js'
import { type CoreOnSandbox, coreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { codeOf, usualPolicy } from '../support/bench.js'

const web = { name: 'web-1', resourceGroup: 'demo-rg' }
const db = { name: 'db-1', resourceGroup: 'demo-rg' }
const usual: VerifyOptions = { depth: 'usual', allowUnread: false, allowBlank: false, allowExport: false }
let core: CoreOnSandbox

beforeEach(async () => {
  core = await coreOnSandbox()
  for (const vm of [web, db]) await core.schedules.configure(vm, usualPolicy, core.run())
})
afterEach(async () => {
  await expectNothingLeft()
  await core.close()
})
afterAll(endServer)

const take = async (vm: typeof web) => (await core.backups.trigger(vm, {}, core.run())).backup
const verify = (backup: Backup, options: Partial<VerifyOptions> = {}) =>
  core.verification.verify(backup, { ...usual, ...options }, core.run())
const again = async (vm: typeof web) => (await core.backups.list(vm, {}, core.run()))[0] as Backup
const fault = (request: FaultRequest) => core.sandbox.faults.add(request)
const disksMade = () => core.sandbox.world.list('Microsoft.Compute/disks').filter(({ name }) => /-verify-/.test(name))

function spoil(backup: Backup, trouble: ImageTrouble, disk = 0): void {
  const snapshot = core.sandbox.world.get(backup.disks[disk]?.snapshot.id ?? '')
  if (!snapshot?.hidden.content) throw new Error('The snapshot holds nothing.')
  snapshot.hidden.content = { ...snapshot.hidden.content, trouble }
}

async function expectNothingLeft(): Promise<void> {
  expect(disksMade().map(({ name }) => name)).toEqual([])
  const all = ['Microsoft.Compute/disks', 'Microsoft.Compute/snapshots'].flatMap((type) =>
    core.sandbox.world.list(type),
  )
  expect(all.filter(({ hidden }) => hidden.access !== undefined).map(({ name }) => name)).toEqual([])
  expect(await core.records.journal.list()).toEqual([])
}

describe('a healthy backup', () => {
  it('passes with all its disks, and its snapshots say so', async () => {
    const result = await verify(await take(db))
    expect(result).toMatchObject({
      success: true,
      diskReadable: true,
      sizeMatches: true,
      testDiskCreated: true,
      testDiskDeleted: true,
      errorMessage: undefined,
    })
    expect(result.disks.map(({ lun, content }) => ({ lun, content }))).toEqual([
      { lun: null, content: expect.stringMatching(/FAT32.*ext4/) },
      { lun: 0, content: expect.stringMatching(/ext4/) },
      { lun: 2, content: expect.stringMatching(/ext4/) },
    ])
    const listed = await again(db)
    expect(listed.verifiedAt).toEqual(result.verifiedAt)
    expect(listed.proof).toEqual({ level: 3, at: result.verifiedAt })
    expect(listed.verifyFailedAt).toBeUndefined()
    const [row] = await core.records.verifications.list({ vm: 'DB-1' })
    expect(row).toMatchObject({ backup: result.backup, outcome: 'passed', success: true, region: 'westus2' })
  })

  it('is read in a few MiB and never whole', async () => {
    const { disks } = await verify(await take(web))
    const [disk] = disks
    expect(disk?.bytesRead).toBeGreaterThan(1024 ** 2)
    expect(disk?.bytesRead).toBeLessThan(16 * 1024 ** 2)
    expect(disk?.requests).toBeLessThan(120)
  })

  it('is verified with the cheapest disk, in the zone of its VM, marked as temporary', async () => {
    const backup = await take(db)
    fault({ kind: 'delay', ms: 300, method: 'POST', path: 'beginGetAccess' })
    const working = verify(backup)
    for (const until = Date.now() + 20_000; Date.now() < until && disksMade().length < 3; ) await pause()
    const seen = disksMade().map(({ sku, zones, tags, name }) => ({
      sku: sku?.['name'],
      zones,
      tags,
      short: name.length <= 80,
    }))
    await working
    const tags = { 'azlin:temporary': expect.stringMatching(/^until=.*;for=verify db-1-backup/) }
    expect(seen).toEqual([0, 1, 2].map(() => ({ sku: 'Standard_LRS', zones: ['1'], tags, short: true })))
  })

  it('gives the same digest at each deep verification, whatever else is verified in between', async () => {
    const backup = await take(web)
    const first = await verify(backup, { depth: 'deep' })
    const second = await verify(backup, { depth: 'deep' })
    expect(first.disks[0]?.digest).toMatch(/^[0-9a-f]{64}$/)
    expect(second.disks[0]?.digest).toBe(first.disks[0]?.digest)
    expect(second.success).toBe(true)
    // All that is in use was read, and the footer, tables and sample once more.
    expect(first.disks[0]?.bytesRead).toBeGreaterThan(first.disks[0]?.allocatedBytes ?? 0)
  })

  it('is read whole by its slices together', async () => {
    const backup = await take(web)
    const sample = (await verify(backup)).disks[0]?.bytesRead ?? 0
    const whole = ((await verify(backup, { depth: 'deep' })).disks[0]?.bytesRead ?? 0) - sample
    let parts = 0
    for (const part of [1, 2, 3]) {
      const { success, disks } = await verify(backup, { depth: { part, of: 3 } })
      expect(success).toBe(true)
      parts += (disks[0]?.bytesRead ?? 0) - sample
    }
    expect(parts).toBe(whole)
  })
})

describe('the copy of a backup in a second region', () => {
  it('is verified there, and its own snapshots say so', async () => {
    const backup = await take(web)
    await core.replication.replicate(web, backup, { region: 'eastus2', resourceGroup: undefined }, core.run())
    const copy = await core.verification.find(backup.name, { replicaIn: 'eastus2' }, core.run())
    const result = await verify(copy)
    expect(result).toMatchObject({ success: true, region: 'eastus2', backup: backup.name })
    const verified = await core.verification.find(backup.name, { replicaIn: 'EASTUS2' }, core.run())
    expect(verified).toMatchObject({ verifiedAt: result.verifiedAt, proof: { level: 3 } })
    expect((await again(web)).verifiedAt).toBeUndefined()
    const items = await core.verification.verifyAll(
      web,
      { which: 'unverified', replicaIn: 'eastus2' },
      usual,
      core.run(),
    )
    expect(items).toEqual([])
    expect(await codeOf(core.verification.find(backup.name, { replicaIn: 'westeurope' }, core.run()))).toBe(
      'BACKUP_NOT_FOUND',
    )
  })
})

describe('a backup that is not good', () => {
  const cases: readonly [ImageTrouble, RegExp][] = [
    ['zeroed', /partition table/i],
    ['corrupt-primary-gpt', /primary GPT/],
    ['corrupt-backup-gpt', /backup GPT/],
    ['corrupt-filesystem', /ext4|superblock|checksum/i],
    ['corrupt-boot-partition', /FAT|EFI/],
    ['corrupt-footer', /footer/i],
    ['truncated', /bytes|footer|short|ends/i],
    ['wrong-size', /bytes|size|GiB/i],
  ]
  it.each(cases)('is caught when an OS disk is %s', async (trouble, reason) => {
    const backup = await take(web)
    await verify(backup)
    const verified = await again(web)
    expect(verified.verifiedAt).toBeDefined()
    spoil(backup, trouble)
    const result = await verify(verified)
    expect(result).toMatchObject({ success: false, diskReadable: false, testDiskDeleted: true })
    expect(result.errorMessage).toMatch(reason)
    const listed = await again(web)
    expect(listed.verifiedAt).toBeUndefined()
    expect(listed.proof).toBeUndefined()
    expect(listed).toMatchObject({ verifyFailedAt: result.verifiedAt, condemned: true })
  })

  it('does not look sound when the tags can be changed only once', async () => {
    const backup = await take(web)
    await verify(backup)
    spoil(backup, 'corrupt-backup-gpt')
    const refused = { status: 409, code: 'ScopeLocked', message: 'The scope is locked.' }
    fault({ kind: 'status', ...refused, method: 'PATCH', path: '/tags/default$', after: 1 })
    await verify(await again(web))
    expect(await again(web)).toMatchObject({ condemned: true, verifiedAt: undefined, proof: undefined })

    core.sandbox.faults.clear()
    await verify(await again(web))
    const { tags } = (await again(web)).disks[0]?.snapshot ?? {}
    expect(Object.keys(tags ?? {}).filter((name) => /verif|proof/.test(name))).toEqual(['azlin:verify-failed-at'])
  })

  it('names the disk that is at fault', async () => {
    const backup = await take(db)
    spoil(backup, 'corrupt-backup-gpt', 1)
    const { success, errorMessage } = await verify(backup)
    expect(success).toBe(false)
    expect(errorMessage).toMatch(/^LUN 0: .*backup GPT/)
  })

  it('is caught when a data disk that held a file system is blank', async () => {
    await verify(await take(db))
    core.sandbox.world.advance(86_400_000)
    const later = await take(db)
    spoil(later, 'zeroed', 2)
    const { success, errorMessage } = await verify(later)
    expect(success).toBe(false)
    expect(errorMessage).toMatch(/LUN 2: .*all zero.*ext4/)
  })

  it('is caught when the snapshot is not as large as the disk was', async () => {
    const backup = await take(web)
    const snapshot = core.sandbox.world.get(backup.disks[0]?.snapshot.id ?? '')
    if (!snapshot?.tags) throw new Error('no tags')
    const facts = snapshot.tags['azlin:disk']?.replace('gb=30', 'gb=31') ?? ''
    snapshot.tags = { ...snapshot.tags, 'azlin:disk': facts }
    const result = await verify(await again(web))
    expect(result).toMatchObject({ success: false, sizeMatches: false })
    expect(result.errorMessage).toMatch(/30 GiB.*31 GiB/)
  })

  it('is caught when the content of a snapshot changed since it was read in full, and in its slices too', async () => {
    const backup = await take(web)
    await verify(backup, { depth: 'deep' })
    await verify(backup, { depth: { part: 1, of: 1 } })
    spoil(backup, 'changed')
    expect((await verify(backup)).success).toBe(true)
    for (const depth of ['deep', { part: 1, of: 1 }] as const) {
      const result = await verify(backup, { depth })
      expect(result).toMatchObject({ success: false, diskReadable: false })
      expect(result.errorMessage).toMatch(/content changed/)
    }
  })
})

describe('a disk with sectors of 4096 bytes', () => {
  it('comes as VHDX, is checked as far as its headers go, and the result says so', async () => {
    const backup = await take(db)
    const snapshot = core.sandbox.world.get(backup.disks[1]?.snapshot.id ?? '')
    if (!snapshot?.hidden.content) throw new Error('The snapshot holds nothing.')
    snapshot.hidden.content = { ...snapshot.hidden.content, container: 'vhdx' }
    const { success, disks } = await verify(backup, { depth: 'deep' })
    expect(success).toBe(true)
    expect(disks[1]?.content).toMatch(/VHDX/)
    expect(disks[1]?.notes.join()).toMatch(/digest/)
    expect(disks[1]?.digest).toBeUndefined()
    expect(disks[0]?.digest).toBeDefined()
  })
})

describe('a verification that cannot be carried out', () => {
  it('fails, and leaves an earlier success, when reading breaks off midway', async () => {
    const backup = await take(web)
    await verify(backup)
    const verified = await again(web)
    fault({ kind: 'drop', when: 'after', path: '^/blob', after: 6 })
    const result = await verify(verified)
    expect(result).toMatchObject({ success: false, diskReadable: false, testDiskCreated: true, testDiskDeleted: true })
    expect((await again(web)).verifiedAt).toEqual(verified.verifiedAt)
    expect(await again(web)).toMatchObject({ verifyFailedAt: result.verifiedAt, condemned: false })
  })

  it('says nothing about a backup that nobody has looked at', async () => {
    const backup = await take(web)
    fault({ kind: 'status', status: 403, code: 'AuthorizationFailed', message: 'no', path: '/beginGetAccess$' })
    const result = await verify(backup)
    expect(result.success).toBe(false)
    expect(await again(web)).toMatchObject({ verifyFailedAt: result.verifiedAt, condemned: false })
  })

  it('takes nothing back that was found before, until it is looked at again', async () => {
    const backup = await take(web)
    const snapshot = core.sandbox.world.get(backup.disks[0]?.snapshot.id ?? '')
    const { content } = snapshot?.hidden ?? {}
    spoil(backup, 'corrupt-backup-gpt')
    await verify(backup)
    expect(await again(web)).toMatchObject({ condemned: true })
    fault({ kind: 'drop', when: 'after', path: '^/blob', after: 6 })
    const open = await verify(await again(web))
    expect(await again(web)).toMatchObject({ condemned: true, verifyFailedAt: open.verifiedAt })

    core.sandbox.faults.clear()
    if (snapshot && content) snapshot.hidden.content = content
    const sound = await verify(await again(web))
    expect(sound.success).toBe(true)
    expect(await again(web)).toMatchObject({
      condemned: false,
      verifyFailedAt: undefined,
      verifiedAt: sound.verifiedAt,
    })
  })

  it('comes before a fault that is found', async () => {
    const backup = await take(web)
    fault({ kind: 'drop', when: 'after', path: '^/blob', after: 6 })
    await verify(backup)
    core.sandbox.faults.clear()
    spoil(backup, 'corrupt-backup-gpt')
    await verify(await again(web))
    const found = await again(web)
    expect(found.condemned).toBe(true)
    expect(found.disks[0]?.snapshot.tags).not.toHaveProperty('azlin:verify-inconclusive')
  })

  it('is held against what other computers have found since it began', async () => {
    const backup = await take(web)
    const { content } = core.sandbox.world.get(backup.disks[0]?.snapshot.id ?? '')?.hidden ?? {}
    await verify(backup)
    spoil(backup, 'corrupt-backup-gpt')
    await verify(backup)
    expect(await again(web)).toMatchObject({ condemned: true, verifiedAt: undefined, proof: undefined })
    fault({ kind: 'drop', when: 'after', path: '^/blob', after: 6 })
    await verify(backup)
    expect(await again(web)).toMatchObject({ condemned: true })

    core.sandbox.faults.clear()
    const snapshot = core.sandbox.world.get(backup.disks[0]?.snapshot.id ?? '')
    if (snapshot && content) snapshot.hidden.content = content
    await verify(backup)
    expect(await again(web)).toMatchObject({ condemned: false, verifyFailedAt: undefined, proof: { level: 3 } })
  })

  it('does not lift a fault that a deeper one found meanwhile', async () => {
    const backup = await take(web)
    await verify(backup, { depth: 'deep' })
    spoil(backup, 'changed')
    await verify(backup, { depth: 'deep' })
    const result = await verify(backup)
    expect(result.success).toBe(false)
    expect(result.errorMessage).toMatch(/--deep found that its content had changed/)
    const found = await again(web)
    expect(found).toMatchObject({ condemned: true, verifiedAt: undefined })
    expect(found.disks[0]?.snapshot.tags).toHaveProperty('azlin:fault')
  })

  it('gets over a read that breaks off once', async () => {
    const backup = await take(web)
    fault({ kind: 'drop', when: 'after', path: '^/blob', after: 6, times: 1 })
    expect((await verify(backup)).success).toBe(true)
  })

  it('fails when Azure refuses the disk', async () => {
    const backup = await take(web)
    fault({
      kind: 'status',
      status: 403,
      code: 'RequestDisallowedByPolicy',
      message: 'No.',
      method: 'PUT',
      path: '/disks/',
    })
    const result = await verify(backup)
    expect(result).toMatchObject({ success: false, testDiskCreated: false, diskReadable: undefined })
    expect(result.errorMessage).toMatch(/policy/i)
  })

  it('fails when Azure accepts the disk and cannot make it', async () => {
    const backup = await take(web)
    fault({ kind: 'failOperation', code: 'InternalExecutionError', message: 'Sorry.', method: 'PUT', path: '/disks/' })
    expect(await verify(backup)).toMatchObject({ success: false, testDiskCreated: false })
  })

  it('removes a disk that was made though the answer was lost and Azure could not be asked', async () => {
    const backup = await take(web)
    fault({ kind: 'drop', when: 'after', method: 'PUT', path: '/disks/', times: 1 })
    fault({
      kind: 'status',
      status: 400,
      code: 'BadRequest',
      message: 'No.',
      method: 'GET',
      path: '-verify-',
      after: 1,
      times: 1,
    })
    const result = await verify(backup)
    expect(result.success).toBe(false)
  })

  it('is not held against the backup when a proxy answers, or somebody removes the disk', async () => {
    await core.close()
    core = await coreOnSandbox({ hurry: 100 })
    await core.schedules.configure(web, usualPolicy, core.run())
    await verify(await take(web))
    const { verifiedAt } = await again(web)
    const cases: readonly FaultRequest[] = [
      { kind: 'status', status: 400, code: '', message: '', method: 'PUT', path: '-verify-' },
      { kind: 'status', status: 404, code: 'NotFound', message: 'No.', method: 'GET', path: '/disks/.*-verify-' },
    ]
    for (const one of cases) {
      core.sandbox.faults.clear()
      fault(one)
      expect((await verify(await again(web))).success).toBe(false)
      expect(await again(web)).toMatchObject({ condemned: false, verifiedAt })
    }
  })

  it('leaves open whether it can be read where links are refused', async () => {
    const backup = await take(web)
    const refusal = {
      status: 409,
      code: 'Conflict',
      message: "Access is not permitted by its networkAccessPolicy 'DenyAll'.",
    }
    fault({ kind: 'status', ...refusal, method: 'POST', path: 'beginGetAccess' })
    const result = await verify(backup)
    expect(result).toMatchObject({ success: false, diskReadable: undefined, sizeMatches: true, testDiskDeleted: true })
    expect(result.errorMessage).toMatch(/networkAccessPolicy/)
    const lenient = await verify(backup, { allowUnread: true })
    expect(lenient).toMatchObject({ success: true, diskReadable: undefined })
    expect(await again(web)).toMatchObject({ verifiedAt: undefined, proof: { level: 2 } })
  })

  it('leaves it open, too, where a link alone is not enough', async () => {
    const backup = await take(web)
    fault({ kind: 'status', status: 401, code: 'NoAuthenticationInformation', message: 'Token.', path: '^/blob' })
    const result = await verify(backup)
    expect(result).toMatchObject({ success: false, diskReadable: undefined })
    expect(result.disks[0]?.error?.code).toBe('READ_REFUSED')
  })

  it('is refused before anything is made while a snapshot is still copying, or one is missing', async () => {
    const copying = await take(db)
    const first = core.sandbox.world.get(copying.disks[0]?.snapshot.id ?? '')
    if (!first) throw new Error('no snapshot')
    const [disk, ...rest] = copying.disks
    if (!disk) throw new Error('no disk')
    const half = {
      ...copying,
      complete: false,
      copying: true,
      disks: [{ ...disk, snapshot: { ...disk.snapshot, completionPercent: 40 } }, ...rest],
    }
    await expect(verify(half)).rejects.toMatchObject({
      code: 'NOT_VERIFIABLE',
      message: expect.stringMatching(/still being copied \(40 %\)/),
    })
    core.sandbox.world.remove(first.id)
    const left = await core.verification.find(copying.name, { resourceGroup: 'demo-rg' }, core.run())
    await expect(verify(left)).rejects.toMatchObject({
      code: 'NOT_VERIFIABLE',
      message: expect.stringMatching(/missing \(2 of 3/),
    })
    expect(await core.records.verifications.list({})).toEqual([])
  })

  it('is stopped by Ctrl-C at any moment, and cleans up after itself', async () => {
    const backup = await take(db)
    for (const path of ['/disks/', 'beginGetAccess', '^/blob']) {
      core.sandbox.faults.clear()
      fault({ kind: 'delay', ms: 200, path })
      const stop = new AbortController()
      const working = core.verification.verify(backup, usual, core.run(stop))
      working.catch(() => {})
      for (
        const until = Date.now() + 20_000;
        Date.now() < until && !core.sandbox.faults.list().some(({ hits }) => hits > 2);
      )
        await pause()
      const reason = new Error(`enough of ${path}`)
      stop.abort(reason)
      await expect(working).rejects.toBe(reason)
      core.sandbox.faults.clear()
      await expectNothingLeft()
    }
    const rows = await core.records.verifications.list({})
    expect(rows.map(({ outcome }) => outcome)).toEqual(['interrupted', 'interrupted', 'interrupted'])
  })

  it('is not begun twice at once', async () => {
    const backup = await take(web)
    const one = verify(backup)
    expect(await codeOf(verify(backup))).toBe('VERIFICATION_IN_PROGRESS')
    expect((await one).success).toBe(true)
  })
})

describe('verifying all backups of a VM', () => {
  const all = async (which: 'unverified' | 'stale' | 'all') =>
    (await core.verification.verifyAll(web, { which }, usual, core.run())).map(
      ({ result, error }) => result?.success ?? error?.code,
    )

  it('takes the unverified ones, the stale ones, or all; one that fails stops no other', async () => {
    const first = await take(web)
    core.sandbox.world.advance(86_400_000)
    await take(web)
    spoil(first, 'corrupt-primary-gpt')
    expect(await all('unverified')).toEqual([true, false])
    expect(await all('unverified')).toEqual([false])
    expect(await all('stale')).toEqual([false])
    core.sandbox.world.advance(86_400_000)
    expect(await all('stale')).toEqual([true, false])
    expect(await all('all')).toEqual([true, false])
  })

  it('tells of a backup that lost a disk', async () => {
    const backup = await take(db)
    // What it was once does not hide what it is now.
    await verify(backup)
    core.sandbox.world.advance(2 * 86_400_000)
    core.sandbox.world.remove(backup.disks[2]?.snapshot.id ?? '')
    const items = await core.verification.verifyAll(db, { which: 'unverified' }, usual, core.run())
    expect(items.map(({ error }) => error?.code)).toEqual(['NOT_VERIFIABLE'])
    const { warnings } = await core.verificationReports.report({ vm: db, days: 7 }, core.run())
    expect(warnings.join()).toMatch(`${backup.name} is incomplete`)
  })
})

describe('the report', () => {
  it('counts, names failures with their reasons, and what nobody has verified', async () => {
    const good = await take(db)
    const bad = await take(web)
    spoil(bad, 'zeroed')
    const results: Verification[] = [await verify(good), await verify(bad)]
    const report = await core.verificationReports.report({ resourceGroup: 'demo-rg', days: 7 }, core.run())
    expect(report).toMatchObject({
      totalVerified: 2,
      successRate: 50,
      lastVerified: results[0]?.verifiedAt,
      unverified: [],
    })
    expect(report.failures).toMatchObject([{ backup: bad.name, errorMessage: results[1]?.errorMessage }])
    core.sandbox.world.advance(8 * 86_400_000)
    const later = await core.verificationReports.report({ vm: web, days: 7 }, core.run())
    expect(later).toMatchObject({ totalVerified: 0, successRate: undefined, lastVerified: undefined })
    expect(later.unverified.map(({ backup }) => backup)).toEqual([bad.name])
  })

  it('knows from the tags what another computer verified', async () => {
    const backup = await take(web)
    const { verifiedAt } = await verify(backup)
    const elsewhere = new (
      core.verificationReports
        .constructor as typeof import('../../../src/core/managers/verification-reporter.js').VerificationReporter
    )({
      azure: core.azure,
      clock: core.clock,
      records: undefined,
      limit: (work) => work(),
    })
    const report = await elsewhere.report({ vm: web, days: 7 }, core.run())
    expect(report).toMatchObject({ totalVerified: 1, successRate: 100, lastVerified: verifiedAt })
  })
})

const pause = () => new Promise((resolve) => setTimeout(resolve, 5))
