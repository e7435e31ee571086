import type { ImageContent } from './image/content.js'
import type { Json } from './network/json.js'

/** Anything with an ARM id, a resource group and a lock included. */
export interface Resource {
  readonly id: string
  readonly name: string
  /** As Azure writes it, like `Microsoft.Compute/disks`. */
  readonly type: string
  location: string
  tags?: Record<string, string>
  sku?: Json
  zones?: string[]
  plan?: Json
  identity?: Json
  properties: Json
  /** Only where Azure has one: machines and network resources. */
  etag?: string
  managedBy?: string
  hidden: Hidden
}

/** What Azure knows of a resource and does not show; saved with it. */
export interface Hidden {
  /** What a disk or snapshot holds. Copied from disk to snapshot to disk at the moment of the copy. */
  content?: ImageContent
  /** Since when (ISO) a running guest writes to this disk. */
  writingSince?: string
  /** Grant of access to a disk or snapshot that is open. */
  access?: { readonly token: string; readonly until: string; readonly vhdx?: boolean }
  /** Of a disk or snapshot: changes that were accepted, oldest first. */
  becoming?: readonly Becoming[]
  /** That grant is about to end. */
  closing?: true
  copy?: BackgroundCopy
  /** Of a snapshot whose data follow it from its disk. */
  arrival?: Arrival
  /** A subnet or rule of it that is being deleted. */
  losing?: { readonly key: string; readonly name: string }
  power?: Power
  /** While a machine is changed: what it was. */
  before?: { readonly properties: Json; readonly tags?: Record<string, string> }
  /** While a machine is switched: what it was. */
  powerBefore?: Power
  [other: string]: unknown
}

export interface Becoming {
  readonly properties: Json
  readonly sku?: string
  /** Null: it has none any more. Absent: they stay. */
  readonly tags?: Record<string, string> | null
}

/** Data that come in the background. It works for `workMs` in all, and stands still while its regions or a fault will have it so. */
interface BackgroundWork {
  readonly startedAt: string
  /** How long it takes when nothing holds it up, in milliseconds of the sandbox's clock. */
  readonly workMs: number
  /** Work that was done when `since` began (or when it stood still). */
  readonly doneMs: number
  /** Since when (ISO) it works; absent while it stands still. */
  readonly since?: string
  /** It gets no further than so much work while the fault `stalledBy` is there. */
  readonly limitMs?: number
  readonly stalledBy?: string
  /** It ends so when so much work is done. */
  readonly failure?: { readonly atMs: number; readonly errorCode: string; readonly errorMessage: string }
  readonly sourceId: string
}

/** From snapshot to snapshot, at the user's request. */
export interface BackgroundCopy extends BackgroundWork {
  /** Chain that the source belongs to; of each only one snapshot is copied at a time. */
  readonly sourceFamily: string
}

/** From a Premium SSD v2 or Ultra disk to its snapshot, by itself. */
export type Arrival = BackgroundWork

export interface Power {
  /** `running`, `stopped`, `deallocated` or the way there. */
  readonly code: string
  readonly since: string
  /** When the guest agent reports for the first time since the start. Absent when it never will. */
  readonly agentFrom?: string
  /** When the guest is up, and its services listen. Absent when it never will be. */
  readonly sshFrom?: string
}

/** Name of the resource group in an id, or undefined when it is of the subscription itself. */
export function groupOf(id: string): string | undefined {
  return /^\/subscriptions\/[^/]+\/resourceGroups\/([^/]+)/i.exec(id)?.[1]
}
