import { describe, expect, it } from '@jest/globals'
import { AzlinError } from '../../../src/core/errors.js'
import { codeOf, configured } from '../support/bench.js'

const web = { name: 'web-1', resourceGroup: 'rg' }
const db = { name: 'db-1', resourceGroup: 'rg' }

describe('a backup that the list does not show yet', () => {
  it.each([1, 3])('stands, and is not taken again: %d of its disks are late', async (late) => {
    const { backups, azure, records, events, run } = await configured()
    azure.listed = (all) => all.slice(late)
    const { backup } = await backups.trigger(db, {}, run)
    azure.listed = (all) => all
    expect(backup).toMatchObject({ complete: true, tier: 'monthly' })
    expect((await backups.list(db, {}, run)).map(({ name }) => name)).toEqual([backup.name])
    expect([azure.all.length, records.entries]).toEqual([3, []])
    expect(events.filter(({ type }) => type === 'backup.started')).toHaveLength(1)
  })
})

describe('a backup whose end cannot be written down', () => {
  it('stands, and says so', async () => {
    const { backups, azure, records, events, run } = await configured()
    records.journal.close = () => Promise.reject(new AzlinError('DATABASE_UNUSABLE', { file: 'db', reason: 'full' }))
    const { backup } = await backups.trigger(db, {}, run)
    expect((await backups.list(db, {}, run)).map(({ name }) => name)).toEqual([backup.name])
    expect(azure.all).toHaveLength(3)
    expect(events.filter((event) => event.type === 'notice' && event.code === 'JOURNAL')).toHaveLength(3)
  })
})

describe('a backup of which one disk fails', () => {
  const quota = () => {
    throw new AzlinError('SNAPSHOT_LIMIT', { what: 'the disk', reason: '500 are enough' })
  }

  it('leaves nothing behind and says which disk it was', async () => {
    const { backups, azure, records, run } = await configured()
    azure.trouble = { before: (request, name) => void (request === 'put snapshot' && name.endsWith('lun1') && quota()) }
    const error = await backups.trigger(db, {}, run).catch((reason: unknown) => reason)
    expect(AzlinError.is(error, 'BACKUP_FAILED') && error.details).toMatchObject({ vm: 'db-1', disk: 'db-1-data1' })
    expect([azure.all, records.entries]).toEqual([[], []])
    expect(records.lines.at(-1)).toMatchObject({ outcome: 'failed', error: { code: 'BACKUP_FAILED' } })
    azure.trouble = {}
    expect((await backups.trigger(db, {}, run)).backup.tier).toBe('monthly')
  })

  it('removes what was made though the answer was lost', async () => {
    const { backups, azure, records, run } = await configured()
    azure.trouble = {
      after: (request, name) => {
        if (request === 'put snapshot' && name.endsWith('lun0'))
          throw new AzlinError('NETWORK', { what: 'the snapshot', host: 'azure', reason: 'ECONNRESET' })
      },
    }
    expect(await codeOf(backups.trigger(db, {}, run))).toBe('BACKUP_FAILED')
    expect([azure.all, records.entries]).toEqual([[], []])
  })

  it('keeps in the journal what Azure may still make after all', async () => {
    const { backups, azure, records, run } = await configured()
    azure.trouble = {
      before: (request, name) => {
        if (request === 'put snapshot' && name.endsWith('lun0'))
          throw new AzlinError('NETWORK', { what: 'the snapshot', host: 'azure', reason: 'ETIMEDOUT' })
      },
    }
    expect(await codeOf(backups.trigger(db, {}, run))).toBe('BACKUP_FAILED')
    expect(azure.all).toEqual([])
    expect(records.entries.map(({ resourceId }) => resourceId.split('-').at(-1))).toEqual(['lun0'])
  })

  it('keeps in the journal, and reports, what would not go', async () => {
    const { backups, azure, records, events, run } = await configured()
    azure.trouble = {
      before: (request, name) => {
        if (request === 'put snapshot' && name.endsWith('lun1')) quota()
        if (request === 'delete snapshot') throw new AzlinError('LOCKED', { what: name, scope: 'rg' })
      },
    }
    expect(await codeOf(backups.trigger(db, {}, run))).toBe('BACKUP_FAILED')
    expect(records.entries).toHaveLength(2)
    expect(events.filter(({ type }) => type === 'temporary.left')).toHaveLength(2)
    expect(await backups.list(db, {}, run)).toEqual([])
  })

  it('is taken back when the user stops it, on a signal of its own', async () => {
    const { backups, azure, records, stop, run } = await configured()
    azure.trouble = {
      after: (request, name) => {
        if (request === 'put snapshot' && name.endsWith('lun0'))
          stop.abort(new AzlinError('INTERRUPTED', { by: 'SIGINT' }))
      },
    }
    expect(await codeOf(backups.trigger(db, {}, run))).toBe('INTERRUPTED')
    expect(azure.all).toEqual([])
    expect(records.lines.at(-1)).toMatchObject({ outcome: 'interrupted' })
  })

  it('says itself what has to be mended first where that is known', async () => {
    const { backups, azure, run } = await configured()
    azure.trouble = {
      before: (request) => {
        if (request === 'put snapshot')
          throw new AzlinError('FORBIDDEN', { what: 'it', action: 'snapshots/write', scope: 'rg' })
      },
    }
    expect(await codeOf(backups.trigger(web, {}, run))).toBe('FORBIDDEN')
  })

  it('never touches a snapshot of the same name that somebody else made', async () => {
    const { backups, azure, records, run } = await configured()
    azure.addSnapshot({ name: 'db-1-backup-monthly-20261123-010203-lun0' })
    const { backup } = await backups.trigger(db, {}, run)
    expect(backup.name).not.toBe('db-1-backup-monthly-20261123-010203')
    expect(azure.all.map(({ name }) => name)).toContain('db-1-backup-monthly-20261123-010203-lun0')
    expect(azure.all).toHaveLength(1 + 3)
    expect(records.entries).toEqual([])
  })
})
