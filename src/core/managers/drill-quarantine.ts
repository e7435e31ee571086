/** Where a drill's machines are made: the group, and a network that leads nowhere. */
import type { Clock } from '../clock.js'
import type { DrillOptions } from '../domain/drill.js'
import { needsRunCommand } from '../domain/drill.js'
import type { DrillNames } from '../domain/drill-names.js'
import { quarantinePrefix, quarantineRules } from '../domain/drill-quarantine.js'
import type { ResourceRef } from '../domain/machine.js'
import { AzlinError } from '../errors.js'
import type { DrillAzure } from '../ports/drill-azure.js'
import type { TemporaryMade } from '../ports/records.js'
import { persist } from '../retry.js'
import type { Run } from '../run.js'
import { makeMarked } from './temporary-removal.js'
import type { TemporaryResources } from './temporary-resources.js'

export interface GroundWish {
  readonly options: DrillOptions
  readonly names: DrillNames
  readonly group: string
  readonly makesGroup: boolean
  /** Machines of one plan may speak to each other. */
  readonly amongThemselves: boolean
}

/** Where interfaces are made. */
export interface Ground {
  readonly subnetId: string
  /** Undefined in a subnet of the user's, whose own rules hold. */
  readonly securityGroupId: string | undefined
}

/** Made once, however many machines go into it. */
export class Quarantine {
  readonly #azure: DrillAzure
  readonly #wish: GroundWish
  readonly #temporary: TemporaryResources
  readonly #retry: Omit<Parameters<typeof persist>[1], 'signal'>
  readonly #run: Run
  #entered: Promise<void> | undefined
  #ground: Promise<Ground> | undefined
  #networks = 0

  constructor(
    { azure, clock }: { readonly azure: DrillAzure; readonly clock: Clock },
    wish: GroundWish,
    temporary: TemporaryResources,
    run: Run,
  ) {
    this.#azure = azure
    this.#wish = wish
    this.#temporary = temporary
    this.#retry = { clock }
    this.#run = run
  }

  /** The group, so that something can be made in it. */
  enter(): Promise<void> {
    this.#entered ??= this.#makeGroup()
    return this.#entered
  }

  /** Asked again after a failure it is tried again, under another name. */
  network(): Promise<Ground> {
    this.#ground ??= this.#makeNetwork(++this.#networks).catch((error: unknown) => {
      this.#ground = undefined
      throw error
    })
    return this.#ground
  }

  async #makeGroup(): Promise<void> {
    const { options, group, makesGroup } = this.#wish
    if (!makesGroup) return
    const { signal } = this.#run
    const ref = { name: group, resourceGroup: group }
    let tries = 0
    await persist(
      async () => {
        tries++
        try {
          await this.#make('group', ref, (sent) =>
            this.#azure.testGroups.create(group, options.testRegion, this.#temporary.tags(), signal, sent),
          )
        } catch (error) {
          // Nobody else makes a group of this name: an earlier try came through, and its answer was lost.
          if (!AzlinError.is(error, 'NAME_TAKEN') || tries === 1) throw error
        }
      },
      { ...this.#retry, signal },
    )
  }

  async #makeNetwork(attempt: number): Promise<Ground> {
    const { options, names, group, amongThemselves } = this.#wish
    const { subnetId, sshSource, testRegion: region } = options
    if (subnetId !== undefined) return { subnetId, securityGroupId: undefined }

    const { signal } = this.#run
    const { testNetworks } = this.#azure
    const suffix = attempt === 1 ? '' : `-${attempt}`
    const nsg = { name: `${names.nsg}${suffix}`, resourceGroup: group }
    const source = options.connectivity ? sshSource : undefined
    const rules = quarantineRules({ runCommand: needsRunCommand(options), sshSource: source, amongThemselves })
    const securityGroupId = await this.#make('nsg', nsg, (sent) =>
      testNetworks.createSecurityGroup({ ...nsg, region, rules, tags: this.#temporary.tags() }, signal, sent),
    )
    const vnet = { name: `${names.vnet}${suffix}`, resourceGroup: group }
    const network = await this.#make('vnet', vnet, (sent) => {
      const want = { ...vnet, region, prefix: quarantinePrefix, securityGroupId, tags: this.#temporary.tags() }
      return testNetworks.createNetwork(want, signal, sent)
    })
    return { subnetId: network.subnetId, securityGroupId }
  }

  #make<T>(kind: TemporaryMade, ref: ResourceRef, create: (sent: () => void) => Promise<T>): Promise<T> {
    return makeMarked(this.#azure, this.#temporary, kind, ref, create)
  }
}
