/** Ctrl-C in each phase: the drill ends, and everything is removed. */
import { afterAll, afterEach, describe, expect, it } from '@jest/globals'
import type { DrillPhase } from '../../../src/core/domain/drill.js'
import { AzlinError } from '../../../src/core/errors.js'
import { type CoreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { codeOf } from '../support/bench.js'
import { backedUp, leftovers, ready, usual, web } from './support.js'

let core: CoreOnSandbox
afterEach(() => core.close())
afterAll(endServer)

const phases: readonly DrillPhase[] = [
  'copy',
  'quarantine',
  'network',
  'disks',
  'vm',
  'boot',
  'connectivity',
  'http',
  'cleanup',
]

describe('a drill that is stopped', () => {
  it.each(phases)('while it is at "%s" leaves nothing behind, and counts neither way', async (phase) => {
    core = await ready()
    await backedUp(core, web, { copied: phase !== 'copy' })
    const stop = new AbortController()
    const { signal, report } = core.run(stop)
    let stopped = false
    const run = {
      signal,
      report: (event: Parameters<typeof report>[0]) => {
        report(event)
        if (event.type !== 'drill.phase' || event.phase !== phase || event.state !== 'began') return
        stopped = true
        setTimeout(() => stop.abort(new AzlinError('INTERRUPTED', { by: 'Ctrl-C' })), 3)
      },
    }
    const check = { checkHttp: { path: '/health', port: 8080 } }
    const ended = core.drills.test({ ...usual, ...check, vm: web }, run)
    // What was proven before the cleanup stays proven: the drill is over, and only tidies up.
    if (phase === 'cleanup') await ended.catch(() => undefined)
    else expect(await codeOf(ended)).toBe('INTERRUPTED')
    expect(stopped).toBe(true)
    expect(leftovers(core)).toEqual([])
    expect(await core.records.journal.list()).toEqual([])
    if (phase === 'cleanup') return
    expect(await core.drillHistory.history({ days: 1 })).toMatchObject([
      { outcome: 'interrupted', rtoSeconds: undefined },
    ])
    expect(await core.drillHistory.rate({ days: 1 })).toMatchObject({ total: 0, successRate: null })
  })
})
