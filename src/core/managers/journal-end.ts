import type { Journal } from '../ports/records.js'
import type { Run } from '../run.js'
import { textOf } from './audited.js'

/**
 * What was written down has ended one way or the other: a record that cannot be written must not turn that round. The
 * entry stays, and azlin cleanup finds that there is nothing to do.
 */
export function closeEntry(journal: Journal | undefined, id: string | undefined, run: Run): Promise<void> {
  return told(async () => id !== undefined && journal?.close(id), run)
}

/** The same for what has come so far that it stays as it is. */
export function keepEntry(journal: Journal | undefined, id: string | undefined, run: Run): Promise<void> {
  return told(async () => id !== undefined && journal?.keep([id]), run)
}

async function told(work: () => Promise<unknown>, run: Run): Promise<void> {
  try {
    await work()
  } catch (error) {
    const text = `The journal could not be brought up to date. ${textOf(error)}`
    run.report({ type: 'notice', code: 'JOURNAL', text })
  }
}
