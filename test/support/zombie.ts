/** A process that was killed and that its parent has not looked after: it keeps its pid. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { it } from '@jest/globals'

/** For what only Linux says of its processes. */
export const onLinux = process.platform === 'linux' ? it : it.skip

/**
 * Runs a script in a Node.js process whose parent never waits for its children, and kills it once it has
 * written something.
 */
export async function zombie(script = "console.log('up')"): Promise<{ pid: number; bury(): void }> {
  const program = `const kept = setInterval(() => {}, 1000)\n${script}`
  // The shell becomes `sleep`, which knows nothing of the child it has inherited.
  const parent = spawn(
    'sh',
    ['-c', '"$0" --input-type=module -e "$1" & echo "pid $!"; exec sleep 60', process.execPath, program],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let said = ''
  for await (const text of parent.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    said += text
    if (said.replace(/pid \d+\n/, '').trim() !== '' && /pid \d+\n/.test(said)) break
  }
  const pid = Number(/pid (\d+)/.exec(said)?.[1])
  process.kill(pid, 'SIGKILL')
  for (const until = Date.now() + 10_000; Date.now() < until; ) {
    if (/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) break
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return { pid, bury: () => void parent.kill('SIGKILL') }
}
