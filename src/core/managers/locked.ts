import type { Snapshot } from '../domain/snapshot.js'
import type { Azure } from '../ports/azure.js'
import type { Run } from '../run.js'

/**
 * Which snapshots are under a lock, be it their own or one above them. What nobody may read counts as none: to
 * delete is then refused by Azure itself.
 */
export async function locksOn(
  { locks }: Pick<Azure, 'locks'>,
  snapshots: readonly Snapshot[],
  run: Run,
): Promise<(snapshot: Snapshot) => boolean> {
  const groups = new Set(snapshots.map(({ resourceGroup }) => resourceGroup.toLowerCase()))
  const found = await Promise.all([...groups].map((group) => locks.inGroup(group, run.signal)))
  const scopes = found.flatMap((list) => list ?? [])
  return (snapshot) => {
    const id = snapshot.id.toLowerCase()
    return scopes.some((scope) => id === scope || id.startsWith(`${scope}/`))
  }
}
