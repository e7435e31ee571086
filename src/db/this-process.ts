/** Tells a living azlin process from a dead one whose pid another program has by now. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

export interface ProcessMark {
  readonly host: string
  readonly pid: number
  /** Start time in clock ticks since boot, with the boot's id, where the system says (Linux); else empty. */
  readonly mark: string
}

export function thisProcess(): ProcessMark {
  return { host: hostname(), pid: process.pid, mark: markOf(process.pid) }
}

/** Undefined for a process on another computer: nobody here can say. */
export function isAlive({ host, pid, mark }: ProcessMark): boolean | undefined {
  if (host !== hostname()) return undefined
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return mark === '' || markOf(pid) === mark
}

function markOf(pid: number): string {
  try {
    // The program's name, in parentheses, may hold blanks: fields are counted after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\)\s/s, '')
      .split(' ')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot}/${fields[19] ?? ''}`
  } catch {
    return ''
  }
}
