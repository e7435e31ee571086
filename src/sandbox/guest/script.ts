/** Runs a script for a guest: really, on this computer, in an empty folder, with nothing of the environment. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Script {
  readonly text: string
  readonly language: 'sh' | 'powershell'
  /** Named values, and the same in order as arguments. */
  readonly parameters: readonly { readonly name: string; readonly value: string }[]
  /** Where the guest's own `127.0.0.1` is, and its port 22. */
  readonly address: string
  readonly sshPort: number
}

export interface ScriptOutcome {
  readonly exitCode: number
  readonly stdout: Buffer
  readonly stderr: Buffer
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const longestMs = 5 * 60_000
const mostBytes = 1024 * 1024
const powershell = ['/usr/bin/pwsh', '/usr/local/bin/pwsh', '/opt/microsoft/powershell/7/pwsh'].find(existsSync)

export async function runScript(script: Script, signal: AbortSignal): Promise<ScriptOutcome> {
  const program = script.language === 'sh' ? '/bin/sh' : powershell
  if (program === undefined) {
    return { exitCode: 1, stdout: Buffer.alloc(0), stderr: Buffer.from('pwsh: this computer has no PowerShell\n') }
  }
  const folder = await mkdtemp(join(tmpdir(), 'azlin-guest-'))
  try {
    const file = join(folder, script.language === 'sh' ? 'script.sh' : 'script.ps1')
    const work = join(folder, 'work')
    await mkdir(work)
    await writeFile(file, inGuest(script))
    return await run(program, file, work, script, signal)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The guest's loopback is another than this computer's, and its port 22 may be too. */
export function inGuest({ text, address, sshPort }: Pick<Script, 'text' | 'address' | 'sshPort'>): string {
  return text
    .replaceAll(/\b(127\.0\.0\.1|localhost)(["']?(?:[:/]|,?[ \t]+))22\b/g, `$1$2${sshPort}`)
    .replaceAll(/\b127\.0\.0\.1\b|\blocalhost\b/g, address)
}

function run(
  program: string,
  file: string,
  cwd: string,
  { parameters }: Script,
  signal: AbortSignal,
): Promise<ScriptOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [file, ...parameters.map(({ value }) => value)], {
      cwd,
      // A group of its own, so that what it started ends with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...Object.fromEntries(parameters.map(({ name, value }) => [name, value])), PATH: path, TMPDIR: cwd },
    })
    const kept = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].on('data', (chunk: Buffer) => {
        kept[stream] = Buffer.concat([kept[stream], chunk]).subarray(-mostBytes)
      })
    }
    const kill = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has ended by itself.
      }
    }
    const timer = setTimeout(kill, longestMs)
    signal.addEventListener('abort', kill, { once: true })
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', kill)
    }
    child.once('error', (error) => {
      done()
      reject(error)
    })
    child.once('close', (code) => {
      done()
      resolve({ exitCode: code ?? 137, ...kept })
    })
  })
}
