/** Deletion of resource groups as Azure does it: member by member, for minutes, and rolled back when one refuses. */
import { ArmError } from './errors.js'
import { type Json, objectAt } from './network/json.js'
import type { Resource } from './resource.js'
import type { Sandbox } from './routes.js'
import { subscriptionId } from './world.js'

/** Why a group is still there. */
interface Blocked {
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
  readonly #blocked = new Map<string, Blocked>()

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox
  }

  /** Starts it; gives the URL under which its end is told. */
  begin(group: Resource): string {
    const { world, url } = this.#sandbox
    const job = {
      jobId: `RESOURCEGROUPDELETIONJOB-${group.name.toUpperCase()}-${world.uuid()}`,
      jobLocation: group.location,
    }
    const name = Buffer.from(JSON.stringify(job)).toString('base64url')
    group.properties = { ...group.properties, provisioningState: 'Deleting' }
    group.hidden['deletedBy'] = name
    world.after(secondsForNothing, () => this.#round(group, name, 0))
    return `${url()}/subscriptions/${subscriptionId}/operationresults/${name}?api-version=2021-04-01`
  }

  state(job: string): DeletionState {
    const blocked = this.#blocked.get(job)
    if (blocked) return blocked
    const running = this.#sandbox.world.list('Microsoft.Resources/resourceGroups')
    return running.some((group) => group.hidden['deletedBy'] === job) ? 'running' : 'done'
  }

  /** Removes one member, or the group when there is none left. */
  #round(group: Resource, job: string, vain: number): void {
    const { world } = this.#sandbox
    if (world.get(group.id) !== group) return
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
    this.#blocked.set(job, { group: group.name, details: refusals })
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
