import { describe, expect, it } from '@jest/globals'
import type { Tier } from '../../../src/core/domain/backup.js'
import { bench, usualPolicy } from '../support/bench.js'

const hour = 3_600_000
const day = 24 * hour
const vm = { name: 'web-1', resourceGroup: 'rg' }

interface Kept {
  readonly tier: Tier
  readonly at: Date
}

/** The contract once more, as plainly as it can be written. */
class Model {
  kept: Kept[] = []

  runAt(now: Date): void {
    const text = now.toISOString()
    if (this.kept.some(({ at }) => at.toISOString().slice(0, 10) === text.slice(0, 10))) return
    const sunday = new Date(Date.parse(text.slice(0, 10)) - now.getUTCDay() * day)
    const ofMonth = this.kept.filter(({ at }) => at.toISOString().slice(0, 7) === text.slice(0, 7))
    const ofWeek = this.kept.filter(({ at }) => at >= sunday)
    const tier = !ofMonth.some((one) => one.tier === 'monthly')
      ? 'monthly'
      : !ofWeek.some((one) => one.tier !== 'daily')
        ? 'weekly'
        : 'daily'
    this.kept.push({ tier, at: new Date(Math.floor(+now / 1000) * 1000) })
    this.expire(now)
  }

  expire(now: Date): void {
    const newest = this.kept.toSorted((a, b) => +b.at - +a.at)[0]
    const stays = this.kept.filter((one) => one === newest || !this.#isOver(one, now))
    const gone = this.kept.length - stays.length
    // Unattended, so many at once are left to the user.
    if (gone > 10 && gone * 2 > this.kept.length) return
    this.kept = stays
  }

  #isOver({ tier, at }: Kept, now: Date): boolean {
    if (tier === 'daily') return +now - +at > 7 * day
    if (tier === 'weekly') return +now - +at > 28 * day
    const year = at.getUTCFullYear() + 1
    const isLeapDay = at.getUTCMonth() === 1 && at.getUTCDate() === 29
    const end = new Date(at)
    end.setUTCFullYear(year, at.getUTCMonth(), isLeapDay ? 28 : at.getUTCDate())
    return now >= end
  }
}

/** Every time the timer fires: at three o'clock, a minute early or late, in some nights twice or not at all. */
function* nights(from: string, count: number): Generator<Date> {
  let seed = 7
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
  for (let night = 0; night < count; night++) {
    const three = Date.parse(from) + night * day + 3 * hour
    const isOut = (night >= 100 && night < 109) || (night >= 300 && night < 345) || random() < 0.03
    if (isOut) continue
    yield new Date(three + (random() - 0.5) * 120_000)
    if (random() < 0.1) yield new Date(three + 5 * hour)
  }
}

describe('backups over simulated years', () => {
  it('are in every night exactly those of the contract, through outages, jitter and a leap year', async () => {
    const { azure, clock, schedules, backups, runner, run } = bench({ at: '2027-11-01T00:00:00Z' })
    azure.addMachine('web-1')
    await schedules.configure(vm, usualPolicy, run)
    const model = new Model()
    for (const now of nights('2027-11-01T00:00:00Z', 500)) {
      clock.set(now)
      await runner.runDue({ vms: [vm] }, { dryRun: false }, run)
      model.runAt(now)
      const listed = await backups.list(vm, {}, run)
      expect(listed.map(({ tier, createdAt }) => `${tier} ${createdAt.toISOString()}`)).toEqual(
        model.kept.toSorted((a, b) => +b.at - +a.at).map(({ tier, at }) => `${tier} ${at.toISOString()}`),
      )
    }
    expect(model.kept.length).toBeGreaterThan(20)
  })

  it('hold a week of days, a month of weeks and a year of months when nothing ever goes wrong', async () => {
    const { azure, clock, schedules, backups, run } = bench({ at: '2027-01-01T03:00:00Z' })
    azure.addMachine('web-1', 1)
    await schedules.configure(vm, usualPolicy, run)
    for (let night = 0; night < 425; night++) {
      clock.set(new Date(Date.UTC(2027, 0, 1 + night, 3)))
      await backups.trigger(vm, {}, run)
    }
    // The last night is 29 February 2028, a Tuesday.
    expect(clock.now().toISOString()).toBe('2028-02-29T03:00:00.000Z')
    const stamps = async (tier: Tier) =>
      (await backups.list(vm, { tier }, run)).map(({ createdAt }) => createdAt.toISOString().slice(0, 10))
    expect(await stamps('daily')).toEqual([
      '2028-02-29',
      '2028-02-28',
      '2028-02-26',
      '2028-02-25',
      '2028-02-24',
      '2028-02-23',
      '2028-02-22',
    ])
    expect(await stamps('weekly')).toEqual(['2028-02-27', '2028-02-20', '2028-02-13', '2028-02-06'])
    expect(await stamps('monthly')).toEqual([
      '2028-02-01',
      '2028-01-01',
      '2027-12-01',
      '2027-11-01',
      '2027-10-01',
      '2027-09-01',
      '2027-08-01',
      '2027-07-01',
      '2027-06-01',
      '2027-05-01',
      '2027-04-01',
      '2027-03-01',
    ])
    // Two disks each, and nothing beside the backups.
    expect(azure.all).toHaveLength(2 * (7 + 4 + 12))
  })

  it('lose nothing that cannot be replaced to nights in which every snapshot fails', async () => {
    const { azure, clock, schedules, backups, runner, records, run } = bench({ at: '2027-01-01T03:00:00Z' })
    azure.addMachine('db-1', 2)
    const db = { name: 'db-1', resourceGroup: 'rg' }
    await schedules.configure(db, usualPolicy, run)
    for (let night = 0; night < 40; night++) {
      clock.set(new Date(Date.UTC(2027, 0, 1 + night, 3)))
      azure.trouble = {
        before: (request, name) => {
          if (request === 'put snapshot' && name.endsWith('-lun1') && night >= 10) throw new Error('no room')
        },
      }
      await runner.runDue({ vms: [db] }, { dryRun: false }, run).catch(() => {})
      expect(azure.all.length % 3).toBe(0)
    }
    const left = await backups.list(db, {}, run)
    // The ten of the nights that went well, without the one of 2 January: it had expired before the failures began.
    expect(left).toHaveLength(9)
    expect(left.every(({ complete }) => complete)).toBe(true)
    expect(records.lines.filter(({ outcome }) => outcome === 'failed')).toHaveLength(30)
  })
})
