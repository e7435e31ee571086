/** What the scripts have in common: where the project is, and running one thing after another. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

/** Something the user has to mend; its message is all they need to see. */
export class Problem extends Error {}

/** Runs a program in the project's folder with its output shown. Throws a Problem unless it ends with 0. */
export async function run(program, args, { env = {}, failed } = {}) {
  const child = spawn(program, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  })
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? signal))
  })
  if (code !== 0) throw new Problem(failed ?? `${[program, ...args].join(' ')} ended with ${code}.`)
}

/** A program of node_modules, by the file that its package names as its command. */
export const runPackage = (file, args, options) =>
  run(process.execPath, [join(root, 'node_modules', file), ...args], options)

/** Prints `name` before and the seconds after. */
export async function step(name, work) {
  const from = performance.now()
  console.log(`\n== ${name}`)
  await work()
  console.log(`   ${name}: ${((performance.now() - from) / 1000).toFixed(1)} s`)
}

/** Runs `work` and ends the process: 0, or 1 after one line that says what is wrong. */
export async function script(work) {
  try {
    await work()
  } catch (error) {
    console.error(error instanceof Problem ? `\n${error.message}` : error)
    process.exitCode = 1
  }
}
