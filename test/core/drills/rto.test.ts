import { afterAll, describe, expect, it } from '@jest/globals'
import { seconds } from '../../../src/sandbox/durations.js'
import { coreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { backedUp, db, offline, usual } from './support.js'

afterAll(endServer)

/** Of the embedded Azure's network: a security group, then a network with it; an interface is there at once. */
const network = 3 + 4
const pollSeconds = 1

describe('the RTO', () => {
  // How close it comes is what `npm run bench` shows; here the computer may be busy with other tests.
  it('is what Azure itself takes on the critical path, and little more', async () => {
    // For core and for the embedded Azure time passes alike, so that what azlin adds is seen as it is.
    const core = await coreOnSandbox({ hurry: 5, speed: 5 })
    await backedUp(core, db, { copied: false })
    const run = core.run()
    const drill = await core.drills.test({ ...usual, ...offline, vm: db, testRegion: 'westus2', cleanup: false }, run)
    expect(drill).toMatchObject({ outcome: 'succeeded', left: [] })
    const criticalPath = Math.max(network, seconds.disk) + seconds.machineCreate + seconds.agent
    expect(drill.rtoSeconds).toBeGreaterThan(criticalPath * 0.95)
    expect(drill.rtoSeconds).toBeLessThan(criticalPath * 1.2 + pollSeconds)
    await core.close()
  })
})
