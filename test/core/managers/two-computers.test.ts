import { describe, expect, it } from '@jest/globals'
import { computer, usualPolicy } from '../support/bench.js'
import { MemoryAzure } from '../support/memory-azure.js'
import { SimulatedClock } from '../support/simulated-clock.js'

const vm = { name: 'web-1', resourceGroup: 'rg' }

/** Computers that trigger at the same moment; each request waits a number of turns that the seed decides. */
async function race(seed: number, computers: number, dataDisks: number) {
  let state = seed + 1
  const random = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  const turns = async () => {
    for (let turn = Math.floor(random() * 6); turn > 0; turn--) await new Promise(setImmediate)
  }
  const clock = new SimulatedClock('2026-11-23T01:02:03.100Z')
  const azure = new MemoryAzure(clock)
  azure.addMachine('web-1', dataDisks)
  const run = { signal: new AbortController().signal, report: () => {} }
  const all = Array.from({ length: computers }, () => computer(azure, clock))
  await all[0]?.schedules.configure(vm, usualPolicy, run)
  azure.trouble = {
    before: async () => {
      await turns()
      clock.advance(Math.floor(random() * 300))
    },
    after: turns,
  }
  const outcomes = await Promise.allSettled(all.map(({ backups }) => backups.trigger(vm, {}, run)))
  azure.trouble = {}
  const left = await all[0]?.backups.list(vm, {}, run)
  return { outcomes, left: left ?? [], records: all.map(({ records }) => records), azure }
}

describe('triggers of one VM from several computers at once', () => {
  it.each([2, 3])('leave one monthly backup and a backup for each of %d computers', async (computers) => {
    const seeds = 80
    let shared = 0
    for (let seed = 0; seed < seeds; seed++) {
      const { outcomes, left, records, azure } = await race(seed, computers, 1)
      const told = outcomes.map((outcome) => {
        if (outcome.status === 'rejected') throw outcome.reason
        return outcome.value.backup
      })
      expect({ seed, monthly: left.filter(({ tier }) => tier === 'monthly').length }).toEqual({ seed, monthly: 1 })
      const text = (list: typeof left) => [...new Set(list.map(({ name, tier }) => `${name} ${tier}`))].toSorted()
      expect({ seed, told: text(told) }).toEqual({ seed, told: text(left) })
      expect(azure.all).toHaveLength(2 * left.length)
      expect(records.flatMap(({ entries }) => entries)).toEqual([])
      if (left.length < computers) shared++
    }
    // Azure cannot refuse the second of two requests for one name, so two commands may speak of one backup; rarely.
    expect(shared).toBeLessThan(seeds / 10)
  })
})
