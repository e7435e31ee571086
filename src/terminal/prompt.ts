/** Questions to the user: on standard error, and only where somebody sits at both ends. */
import { AzlinError } from '../core/errors.js'

export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/** Yes or no; no is what Enter means. `action` is what it is about, for a refusal. CONFIRMATION_NEEDED without a terminal. */
export async function ask(question: string, action: string, signal: AbortSignal): Promise<boolean> {
  if (!canAsk()) throw new AzlinError('CONFIRMATION_NEEDED', { action })
  const { confirm } = await import('@inquirer/prompts')
  return answered(confirm({ message: question, default: false }, { output: process.stderr, signal }))
}

/** One of a list. */
export async function choose<T>(
  question: string,
  choices: readonly { readonly name: string; readonly value: T }[],
  action: string,
  signal: AbortSignal,
): Promise<T> {
  if (!canAsk()) throw new AzlinError('CONFIRMATION_NEEDED', { action })
  const { select } = await import('@inquirer/prompts')
  return answered(select({ message: question, choices, pageSize: 15 }, { output: process.stderr, signal }))
}

async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof Error && /^(ExitPrompt|AbortPrompt|CancelPrompt)Error$/.test(error.name))
      throw new AzlinError(
        'INTERRUPTED',
        { by: /SIGINT/.test(error.message) ? 'Ctrl-C' : 'no answer', during: 'question' },
        { cause: error },
      )
    throw error
  }
}
