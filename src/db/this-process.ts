/** Tells a living azlin process from a dead one whose pid another program has by now. */
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

export interface ProcessMark {
  readonly host: string
  readonly pid: number
  /**
   * The boot's id, the start time in clock ticks since boot, and where pids count (a container counts its own), where the
   * system says (Linux); else empty.
   */
  readonly mark: string
}

export function thisProcess(): ProcessMark {
  return { host: hostname(), pid: process.pid, mark: markIn(statOf(process.pid)) }
}

/** Undefined for a process on another computer, or in a container that goes by this one's name: nobody here can say. */
export function isAlive({ host, pid, mark }: ProcessMark): boolean | undefined {
  if (host !== hostname()) return undefined
  const [boot, start, space = ''] = mark.split('/')
  if (boot === bootId() && space !== '' && space !== pidSpace()) return undefined
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const stat = statOf(pid)
  const [state] = stat
  // Where the system does not say more, a pid in use is a process alive.
  if (state === undefined) return true
  // Killed, but its parent has not looked yet; in a container the parent may never look.
  if (state === 'Z' || state === 'X') return false
  return mark === '' || (boot === bootId() && start === stat[startField])
}

/** The fields of proc(5) `stat` from the state on; the program's name before it, in parentheses, may hold blanks. */
function statOf(pid: number): readonly string[] {
  return read(`/proc/${pid}/stat`)
    .replace(/^.*\)\s/s, '')
    .split(' ')
    .filter((field) => field !== '')
}

const startField = 19

function markIn(stat: readonly string[]): string {
  const start = stat[startField]
  return start === undefined ? '' : `${bootId()}/${start}/${pidSpace()}`
}

function bootId(): string {
  return read('/proc/sys/kernel/random/boot_id').trim()
}

function pidSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
