import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { ahead } from '../../src/azure/pages.js'

/** Pages 1 to `count`; tells when each is asked for. Fails at page `broken`. */
async function* pages(count: number, told: string[], broken = 0): AsyncGenerator<number> {
  for (let page = 1; page <= count; page++) {
    told.push(`asked for ${page}`)
    await sleep(1)
    if (page === broken) throw new Error(`page ${page} is broken`)
    yield page
  }
}

describe('pages that are read ahead', () => {
  it('are asked for one before they are worked on, and all come in order', async () => {
    const told: string[] = []
    for await (const page of ahead(pages(3, told))) told.push(`worked on ${page}`)
    expect(told).toEqual(['asked for 1', 'asked for 2', 'worked on 1', 'asked for 3', 'worked on 2', 'worked on 3'])
  })

  it('are none where there are none', async () => {
    for await (const page of ahead(pages(0, []))) expect(page).toBe('nothing')
  })

  it('end with the failure of the one that failed, after those before it', async () => {
    const seen: number[] = []
    const reading = async () => {
      for await (const page of ahead(pages(3, [], 2))) {
        // The failure comes while nobody waits for it.
        await sleep(20)
        seen.push(page)
      }
    }
    await expect(reading()).rejects.toThrow('page 2 is broken')
    expect(seen).toEqual([1])
  })

  it('may be left before the end, whatever becomes of the one on its way', async () => {
    for await (const page of ahead(pages(3, [], 2))) {
      expect(page).toBe(1)
      break
    }
    await sleep(20)
  })
})
