/**
 * Rows that another program wrote: with the columns that are promised to scripts, and without those that azlin has beside
 * them. They tell neither a process nor the group of the VM.
 */
import { type RawBuilder, sql } from 'kysely'

export function isPlain({ host }: { readonly host: string }): boolean {
  return host === ''
}

/** Of the VMs of that group; a plain row may be one of any group's. */
export function isOfGroup(resourceGroup: string): RawBuilder<boolean> {
  return sql<boolean>`(vm_resource_group = ${resourceGroup} collate nocase or vm_resource_group = '')`
}

/** Of that subscription (lower case); a row that does not say of which it is may be of any, and where none is given all are. */
export function isOfSubscription(subscription: string, column = 'subscription'): RawBuilder<boolean> {
  return sql<boolean>`(${subscription} = '' or ${sql.ref(column)} in (${subscription}, ''))`
}

/** The VM and the backup that a snapshot is named for. */
export function namesIn(snapshot: string): { readonly vm: string; readonly backup: string } {
  const { backup = '', vm = '' } =
    /^(?<backup>(?<vm>.+)-backup-(?:daily|weekly|monthly)-\d{8}-\d{6})/i.exec(snapshot)?.groups ?? {}
  return { vm, backup }
}
