import { describe, expect, it } from '@jest/globals'
import { inTime, timeFor, withinMs } from '../../src/core/time-limit.js'
import { collectGarbage } from '../support/garbage.js'

const aborted = (signal: AbortSignal) =>
  new Promise<unknown>((resolve) => {
    setTimeout(collectGarbage, 50)
    signal.addEventListener('abort', () => resolve(signal.reason))
  })

describe('a time limit', () => {
  it('comes, though nobody else holds on to it', async () => {
    const run = new AbortController()
    // As a call does that has a deadline of its own.
    const nested = aborted(AbortSignal.any([withinMs(run.signal, 200), new AbortController().signal]))
    expect(await nested).toMatchObject({ name: 'TimeoutError' })
  })

  it('does not keep the signal from coming first, with its reason', async () => {
    const run = new AbortController()
    const reason = new Error('enough')
    const came = aborted(withinMs(run.signal, 60_000))
    run.abort(reason)
    expect(await came).toBe(reason)
  })

  it('says what took too long where a piece of work has a time of its own', async () => {
    expect(await aborted(AbortSignal.any([timeFor('removing snapshot s', 200)]))).toMatchObject({
      code: 'TIMED_OUT',
      details: { what: 'removing snapshot s' },
    })
  })

  it('ends the wait for work that gives nothing, and lets be what gives something', async () => {
    const late = new Error('late')
    await expect(inTime(new Promise(() => {}), 20, late)).rejects.toBe(late)
    await expect(inTime(Promise.resolve(1), 60_000, late)).resolves.toBe(1)
    await expect(inTime(Promise.reject(new Error('own')), 60_000, late)).rejects.toThrow('own')
  })
})
