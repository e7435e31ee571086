/**
 * A drill of a VM with three disks: the RTO that azlin measures beside the critical path of the embedded Azure's own
 * durations. Prints one JSON document.
 */
import { seconds } from '../../src/sandbox/durations.js'
import { backedUp, db, offline, usual } from '../core/drills/support.js'
import { coreOnSandbox, endServer } from '../support/core-on-sandbox.js'

/** Slow, so that what azlin and this computer add is small beside what is measured. */
const pace = { hurry: 2, speed: 2 }
/** A security group, then a network with it; an interface is there at once. */
const network = 3 + 4

const core = await coreOnSandbox(pace)
await backedUp(core, db, { copied: false })
const request = { ...usual, ...offline, vm: db, testRegion: 'westus2', cleanup: false }
const { rtoSeconds, phases } = await core.drills.test(request, core.run())
const criticalPath = Math.max(network, seconds.disk) + seconds.machineCreate + seconds.agent
const pollSeconds = core.drillDeps.boot.lookEveryMs / 1000
console.log(JSON.stringify({ rtoSeconds, criticalPath, pollSeconds, phases }))
await core.close()
await endServer()
