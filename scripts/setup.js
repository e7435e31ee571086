/** Brings a fresh clone to where azlin runs: the packages installed as locked, and dist built. Does only what is missing. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Problem, root, run, step } from './steps.js'

export async function setUp() {
  const major = Number(process.versions.node.split('.')[0])
  if (major < 20) throw new Problem(`azlin needs Node.js 20 or newer; this is ${process.version}.`)

  if (!installedAsLocked()) await step('install (npm ci)', install)
  if (!databaseLoads()) await step('compile better-sqlite3', compile)
  if (!builtSinceChanged()) await step('build', () => run(process.execPath, ['scripts/build.js']))
}

/** npm keeps what it has installed in a lockfile of its own, written when the installation is complete. */
function installedAsLocked() {
  const wanted = readLock('package-lock.json')
  const present = readLock('node_modules/.package-lock.json')
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || present[path]?.version === version,
  )
}

function readLock(file) {
  const path = join(root, file)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {}
}

const install = () =>
  run('npm', ['ci', '--include=dev'], { failed: toolsMissing() ?? 'npm ci failed; its output is above.' })

const compile = () =>
  run('npm', ['rebuild', 'better-sqlite3'], { failed: toolsMissing() ?? 'better-sqlite3 could not be compiled.' })

/** It does not after an installation without install scripts, or with another version of Node.js. */
function databaseLoads() {
  const open = "new (require('better-sqlite3'))(':memory:').close()"
  return spawnSync(process.execPath, ['-e', open], { cwd: root, stdio: 'ignore' }).status === 0
}

/** better-sqlite3 is compiled here where its ready-made binary cannot be downloaded. */
function toolsMissing() {
  const needed = ['g++', 'make', 'python3']
  const missing = needed.filter((tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status !== 0)
  if (missing.length === 0) return undefined
  const advice = `On Debian or Ubuntu: apt-get install ${needed.join(' ')}`
  return `better-sqlite3 has to be compiled here, and ${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not installed. ${advice}`
}

function builtSinceChanged() {
  const built = join(root, 'oclif.manifest.json')
  if (!existsSync(built) || !existsSync(join(root, 'dist/main.js'))) return false
  const sources = ['src', 'package.json', 'package-lock.json', 'scripts/build.js', 'scripts/bundle', 'bin'].map(
    (path) => join(root, path),
  )
  return Math.max(...sources.map(newestChange)) <= statSync(built).mtimeMs
}

/** A folder's own time changes when a file in it comes or goes. */
function newestChange(path) {
  const found = statSync(path)
  if (!found.isDirectory()) return found.mtimeMs
  return Math.max(found.mtimeMs, ...readdirSync(path).map((entry) => newestChange(join(path, entry))))
}
