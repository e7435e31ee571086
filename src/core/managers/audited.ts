import { AzlinError } from '../errors.js'
import type { Records } from '../ports/records.js'
import type { Run } from '../run.js'
import type { ManagerDeps } from './deps.js'

export interface Audited<T> {
  readonly operation: string
  /** What it is done to: an ARM id or a name. */
  readonly subject: string
  readonly details?: Readonly<Record<string, unknown>>
  /** Whether a result that was reached is only part of what was wanted. */
  readonly isPartial?: (result: T) => boolean
}

/**
 * Writes an operation down before and after it. What cannot be written down before is
 * not begun (DATABASE_UNUSABLE); what cannot be written down after has been done, and
 * that is told.
 */
export async function audited<T>(
  { records, clock }: ManagerDeps,
  { operation, subject, details, isPartial }: Audited<T>,
  run: Run,
  work: () => Promise<T>,
): Promise<T> {
  const id = await records?.audit.begin(operation, subject, clock.now(), details)
  const end = async (
    ...outcome: Parameters<Records['audit']['end']> extends [number, ...infer Rest] ? Rest : never
  ) => {
    try {
      if (id !== undefined) await records?.audit.end(id, ...outcome)
    } catch (error) {
      run.report({
        type: 'notice',
        code: 'NOT_RECORDED',
        text: `The end of ${operation} was not recorded: ${textOf(error)}`,
      })
    }
  }
  try {
    const result = await work()
    await end(isPartial?.(result) ? 'partial' : 'succeeded', clock.now())
    return result
  } catch (error) {
    const told = AzlinError.is(error) ? error : new AzlinError('INTERNAL', { reason: String(error) })
    await end(run.signal.aborted ? 'interrupted' : 'failed', clock.now(), told.toJSON())
    throw error
  }
}

/** For work that must be written down before it is begun. */
export function requireRecords({ records }: Pick<ManagerDeps, 'records'>): Records {
  if (!records) throw new AzlinError('INTERNAL', { reason: 'the database was not opened' })
  return records
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
