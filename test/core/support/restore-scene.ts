/** What tests of restores look at and do, over the real adapters on the embedded Azure. */
import type { Backup } from '../../../src/core/domain/backup.js'
import type { CoreOnSandbox } from '../../support/core-on-sandbox.js'

export const db = { name: 'db-1', resourceGroup: 'demo-rg' }
const policy = { dailyRetention: 7, weeklyRetention: 4, monthlyRetention: 12 }

export class RestoreScene {
  readonly #core: CoreOnSandbox

  constructor(core: CoreOnSandbox) {
    this.#core = core
  }

  /** A backup, and then a round of writing by the guest, so that old and new data can be told apart. */
  async backedUp(vm = db): Promise<Backup> {
    const core = this.#core
    await core.schedules.configure(vm, policy, core.run())
    const { backup } = await core.backups.trigger(vm, {}, core.run())
    for (const disk of (await core.azure.machines.get(vm, core.run().signal)).disks) this.#write(disk.id)
    return backup
  }

  async restore(backup: Backup, options = {}, vm = db) {
    const plan = await this.#core.restores.plan(vm, backup, options, this.#core.run())
    return this.#core.restores.execute(plan, this.#core.run())
  }

  resource(id: string) {
    const found = this.#core.sandbox.world.get(id)
    if (!found) throw new Error(`${id} is gone`)
    return found
  }

  /** How often a disk was written to. */
  roundsOf(id: string): number | undefined {
    return this.resource(id).hidden.content?.generation
  }

  /** What must be the same after a restore that failed: disks, their data, and the power state. */
  async picture(vm = db) {
    const { azure } = this.#core
    const { signal } = this.#core.run()
    const machine = await azure.machines.get(vm, signal)
    const { power } = await azure.machines.status(vm, signal)
    const disks = machine.disks.map(({ id, lun, caching }) => ({
      id: id.toLowerCase(),
      lun,
      caching,
      rounds: this.roundsOf(id),
    }))
    return { power, disks }
  }

  disks(): string[] {
    return this.#core.sandbox.world.list('Microsoft.Compute/disks').map((disk) => disk.name)
  }

  ids(): string[] {
    return this.#core.sandbox.world
      .all()
      .map((one) => one.id)
      .toSorted()
  }

  temporaryThings() {
    return this.#core.sandbox.world
      .all()
      .filter((one) => Object.keys(one.tags ?? {}).some((name) => name.toLowerCase() === 'azlin:temporary'))
  }

  #write(diskId: string): void {
    const { hidden } = this.resource(diskId)
    if (hidden.content) hidden.content = { ...hidden.content, generation: hidden.content.generation + 1 }
  }
}
