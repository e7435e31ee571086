/** Questions to the user: on standard error, and only where somebody sits at both ends. */
import { AzlinError } from '../core/errors.js'

export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/** Yes or no; no is what Enter means. `action` is what it is about, for a refusal. CONFIRMATION_NEEDED without a terminal. */
export async function ask(question: string, action: string, signal: AbortSignal): Promise<boolean> {
  if (!canAsk()) throw new AzlinError('CONFIRMATION_NEEDED', { action })
  const { confirm } = await import('@inquirer/prompts')
  return answered(signal, (context) => confirm({ message: question, default: false }, context))
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
  return answered(signal, (context) => select({ message: question, choices, pageSize: 15 }, context))
}

interface PromptContext {
  readonly output: NodeJS.WriteStream
  readonly signal: AbortSignal
}

async function answered<T>(stop: AbortSignal, prompt: (context: PromptContext) => Promise<T>): Promise<T> {
  const input = watchInput()
  try {
    return await prompt({ output: process.stderr, signal: AbortSignal.any([stop, input.ended]) })
  } catch (error) {
    if (error instanceof Error && /^(ExitPrompt|AbortPrompt|CancelPrompt)Error$/.test(error.name))
      throw new AzlinError(
        'INTERRUPTED',
        { by: /SIGINT/.test(error.message) ? 'Ctrl-C' : 'no answer', during: 'question' },
        { cause: error },
      )
    throw error
  } finally {
    input.leave()
  }
}

/**
 * After Ctrl-D, or when the terminal is closed, readline reads no more, and the prompt would wait for an answer for ever.
 * It also stops reading when a process that was stopped (Ctrl-Z) goes on: then somebody has to go on reading.
 */
function watchInput(): { readonly ended: AbortSignal; leave(): void } {
  const ended = new AbortController()
  let goesOn = false
  const goOn = () => {
    goesOn = true
    setImmediate(() => {
      goesOn = false
      process.stdin.resume()
    })
  }
  const end = () => {
    if (!goesOn) ended.abort()
  }
  process.on('SIGCONT', goOn)
  process.stdin.on('pause', end)
  const leave = () => {
    process.off('SIGCONT', goOn)
    process.stdin.off('pause', end)
  }
  return { ended: ended.signal, leave }
}
