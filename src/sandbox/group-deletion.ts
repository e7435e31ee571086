/** Deletion of resource groups as Azure does it: member by member, for minutes, and rolled back when one refuses. */
import { ArmError } from './errors.js'
import { type Json, objectAt, textAt } from './network/json.js'
import type { Resource } from './resource.js'
import type { Sandbox } from './routes.js'
import { subscriptionId } from './world.js'

/** Why a group is still there; kept with it. */
interface Blocked {
  readonly job: string
  readonly group: string
  readonly details: readonly { readonly target: string; readonly error: Json }[]
}

export type DeletionState = 'running' | 'done' | Blocked

const secondsPerMember = 20
const secondsForNothing = 30
/** A refusal is taken for final only after so many rounds without progress. */
const vainRounds = 3

export class GroupDeletion {
  readonly #sandbox: Sandbox

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox
  }

  /** Starts it, if it was not; gives the URL under which its end is told. */
  begin(group: Resource): string {
    const { world } = this.#sandbox
    const running = textAt(group.hidden, 'deletedBy')
    if (running !== undefined) return this.#urlOf(running)
    const job = {
      jobId: `RESOURCEGROUPDELETIONJOB-${group.name.toUpperCase()}-${world.uuid()}`,
      jobLocation: group.location,
    }
    const name = Buffer.from(JSON.stringify(job)).toString('base64url')
    group.properties = { ...group.properties, provisioningState: 'Deleting' }
    group.hidden['deletedBy'] = name
    delete group.hidden['blocked']
    world.after(secondsForNothing, () => this.#round(group, name, 0))
    return this.#urlOf(name)
  }

  /** After a restart: what was being deleted goes on being deleted. */
  resume(): void {
    const { world } = this.#sandbox
    for (const group of world.list('Microsoft.Resources/resourceGroups')) {
      const job = textAt(group.hidden, 'deletedBy')
      if (job !== undefined) world.after(secondsPerMember, () => this.#round(group, job, 0))
    }
  }

  state(job: string): DeletionState {
    const groups = this.#sandbox.world.list('Microsoft.Resources/resourceGroups')
    const blocked = groups.map(({ hidden }) => hidden['blocked'] as Blocked | undefined).find((one) => one?.job === job)
    if (blocked) return blocked
    return groups.some((group) => group.hidden['deletedBy'] === job) ? 'running' : 'done'
  }

  #urlOf(job: string): string {
    return `${this.#sandbox.url()}/subscriptions/${subscriptionId}/operationresults/${job}?api-version=2021-04-01`
  }

  /** Removes one member, or the group when there is none left. */
  #round(group: Resource, job: string, vain: number): void {
    const { world } = this.#sandbox
    if (world.get(group.id) !== group || group.hidden['deletedBy'] !== job) return
    const prefix = `${group.id.toLowerCase()}/`
    const members = world.all().filter(({ id }) => id.toLowerCase().startsWith(prefix))
    if (members.length === 0) {
      world.remove(group.id)
      return
    }
    const refusals: { target: string; error: Json }[] = []
    for (const { id } of members) {
      try {
        this.#sandbox.removal.remove(id)
        world.after(secondsPerMember, () => this.#round(group, job, 0))
        return
      } catch (error) {
        if (!(error instanceof ArmError)) throw error
        refusals.push({ target: id, error: error.error })
      }
    }
    if (vain + 1 < vainRounds) {
      world.after(secondsPerMember, () => this.#round(group, job, vain + 1))
      return
    }
    group.hidden['blocked'] = { job, group: group.name, details: refusals } satisfies Blocked
    delete group.hidden['deletedBy']
    group.properties = { ...objectAt(group, 'properties'), provisioningState: 'Succeeded' }
  }
}

/** The one body of Resource Manager whose keys are capitalised; the cause is JSON inside of a string. */
export function deletionBody({ group, details }: Blocked): Json {
  return {
    Error: {
      Code: 'ResourceGroupDeletionBlocked',
      Target: null,
      Message: `Deletion of resource group '${group}' failed as resources with identifiers '${details.map(({ target }) => target).join(',')}' could not be deleted. The provisioning state of the resource group will be rolled back. The tracking Id is '${group}'. Please check audit logs for more details.`,
      Details: details.map(({ target, error }) => ({
        Code: null,
        Target: target,
        Message: JSON.stringify({ error }),
        Details: null,
      })),
    },
  }
}
