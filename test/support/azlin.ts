/** Runs the built program as a user would: as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** AZLIN_PROGRAM names another one, such as that of an installed package. */
export const program = resolve(process.env['AZLIN_PROGRAM'] || 'bin/run.js')

/** The folder of its package.json. */
export const packageRoot = dirname(dirname(program))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves once standard error holds this text. */
  said(text: string): Promise<void>
}

export interface Surroundings {
  readonly home: string
  readonly env?: Readonly<Record<string, string>>
  /** Kills the process after so many milliseconds. */
  readonly withinMs?: number
}

/** Nothing of the tester's own surroundings reaches azlin but the path. */
export function environment({ home, env = {} }: Surroundings): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: home, AZLIN_HOME: join(home, '.azlin'), ...env }
}

export function start(args: readonly string[], around: Surroundings): Running {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: around.home,
    env: environment(around),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), around.withinMs ?? 60_000)
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, stdout, stderr })
    })
  })
  const said = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => stderr.includes(text) && resolve()
      child.stderr.on('data', look)
      child.on('close', () => reject(new Error(`It ended without saying ${JSON.stringify(text)}:\n${stderr}`)))
      look()
    })
  return { child, ended, said }
}

export const azlin = (args: readonly string[], around: Surroundings): Promise<Ended> => start(args, around).ended

/** The one JSON document on standard output; throws where there is something else, or more. */
export function documentOf<T = Record<string, unknown>>({ stdout, stderr, code }: Ended): T {
  try {
    return JSON.parse(stdout) as T
  } catch {
    throw new Error(`Not one JSON document (exit ${code}).\nstdout: ${stdout}\nstderr: ${stderr}`)
  }
}

/** A home folder of its own, removed with its contents. */
export async function freshHome(): Promise<{ home: string; remove(): Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'azlin-test-'))
  return { home, remove: () => rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }) }
}
