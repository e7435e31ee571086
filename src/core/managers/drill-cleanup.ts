/** What a drill made goes again, whatever happened, and is then looked for. */
import { removingCommand } from '../domain/drill.js'
import { AzlinError } from '../errors.js'
import type { Run } from '../run.js'
import { timeFor } from '../time-limit.js'
import type { DrillDeps } from './drill-deps.js'
import type { DrillLog } from './drill-log.js'
import { membersLeft } from './temporary-removal.js'
import { TemporaryResources } from './temporary-resources.js'

/** Another computer takes what is not renewed for a leftover after this long. */
const lifetimeMs = 60 * 60_000
const renewEveryMs = 15 * 60_000

export interface Kept extends AsyncDisposable {
  readonly temporary: TemporaryResources
}

/** Everything a drill makes, with its mark renewed for as long as the drill runs. */
export function temporaryOf(deps: DrillDeps, purpose: string): Kept {
  const { azure, clock, records, host, limit } = deps
  const temporary = new TemporaryResources(
    { azure, clock, journal: records?.journal, host, limit },
    purpose,
    lifetimeMs,
  )
  const stop = new AbortController()
  const beating = (async () => {
    for (;;) {
      await clock.sleep(renewEveryMs, stop.signal)
      await temporary.renew(stop.signal)
    }
  })().catch(() => undefined)
  return {
    temporary,
    [Symbol.asyncDispose]: async () => {
      stop.abort(new AzlinError('INTERRUPTED', { by: 'the end of the drill' }))
      await beating
    },
  }
}

/**
 * Removes all of it on time of its own, as the run may have been stopped. Waits until it is gone.
 *
 * @returns ARM ids of what is still there.
 */
export async function cleanUp(
  deps: DrillDeps,
  temporary: TemporaryResources,
  where: { readonly group: string; readonly token: string; readonly makesGroup: boolean },
  log: DrillLog,
  run: Run,
): Promise<readonly string[]> {
  const left: string[] = []
  try {
    await log.during('cleanup', async (note) => {
      left.push(...(await temporary.remove(run)))
      left.push(...(await missed(deps, where, left)))
      if (left.length > 0) throw new AzlinError('CLEANUP_INCOMPLETE', { left: left.length })
      note('everything is gone')
    })
  } catch (error) {
    if (!AzlinError.is(error)) throw error
    if (left.length === 0) left.push(where.group)
  }
  return left
}

/** What Azure still shows of this drill although every removal was reported done. */
async function missed(
  { azure }: DrillDeps,
  { group, token, makesGroup }: { readonly group: string; readonly token: string; readonly makesGroup: boolean },
  known: readonly string[],
): Promise<readonly string[]> {
  const signal = timeFor(`looking for what is left in ${group}`, 10 * 60_000)
  if (makesGroup && !(await azure.groups.find(group, signal))) return []
  const there = await membersLeft(azure, group, new Set(known.map((id) => id.toLowerCase())), signal)
  return there.filter((id) => id.toLowerCase().includes(`-${token}`))
}

export function keptNote(group: string): string {
  return `What was made is still there, in the group ${group}: ${removingCommand} removes it.`
}
