/**
 * `npm run bench`: how quick azlin is, as ratios that hold on any machine. Everything in a table is measured in the same
 * run, so what else the machine does weighs on both sides. It judges nothing: no test depends on it.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { benchDrills } from './bench-drills.js'
import { benchReplication } from './bench-replication.js'
import { benchStarts } from './bench-starts.js'
import { benchVerification } from './bench-verification.js'
import { SandboxClient } from './sandbox-client.js'
import { setUp } from './setup.js'
import { Problem, root, script } from './steps.js'

const rounds = 11
const manySnapshots = 5000
const azlin = join(root, 'bin/run.js')
const home = mkdtempSync(join(tmpdir(), 'azlin-bench-'))
const env = {
  PATH: process.env.PATH,
  HOME: home,
  AZLIN_HOME: home,
  AZLIN_CLOUD: 'sandbox',
  AZLIN_RESOURCE_GROUP: 'demo-rg',
  AZLIN_POLL_INTERVAL_MS: '100',
}
/** Reports the peak memory of a process on its descriptor 3. */
const measuring = `data:text/javascript,${encodeURIComponent(
  'import { writeSync } from "node:fs"; process.on("exit", () => writeSync(3, String(process.resourceUsage().maxRSS)))',
)}`

/** What Node.js itself takes for it: the least that any client can take. */
const plainList = `import { SandboxClient } from ${JSON.stringify(new URL('sandbox-client.js', import.meta.url).href)}
const sandbox = new SandboxClient(${JSON.stringify(home)})
await sandbox.signIn()
await sandbox.readSnapshots()
process.exit()`

/** Why `backup trigger` sends what it sends, in the order in which a request is matched. */
const purposes = [
  [/^GET .*\/msi\/token|^GET .*identity/i, 'sign in'],
  [/^GET .*\/virtualMachines\/[^/]+$/i, 'the VM: disks, size, zone; and its schedule, anew before it is changed'],
  [/^GET .*\/disks\/[^/]+$/i, 'the disk: its size, SKU and security type'],
  [
    /^GET .*\/snapshots$/i,
    'which backups there are: first it decides the tier, then, read anew, what retention removes',
  ],
  [/^PUT .*\/snapshots\/[^/]+$/i, 'the snapshot of one disk, with its tags'],
  [/^GET .*\/(operations|DiskOperations)\//i, 'has the snapshot been taken?'],
  [/^GET .*\/snapshots\/[^/]+ 404$/i, 'is the name free? A PUT to one in use would keep the old data'],
  [/^GET .*\/snapshots\/[^/]+$/i, 'the snapshot as it came out: the first answer is only half of it'],
  [/^PATCH .*\/tags\/default$/i, "the time of this backup, merged into the VM's schedule tag"],
  [/^GET .*\/locks$/i, 'locks: what is locked is kept'],
  [/^DELETE .*\/snapshots\/[^/]+$/i, 'an expired backup'],
]

async function requestsOfTrigger() {
  const sandbox = new SandboxClient(home)
  await sandbox.control('DELETE', 'requests')
  await run([azlin, 'backup', 'trigger', 'db-1'])
  const counts = new Map()
  for (const { method, path, status } of await sandbox.control('GET', 'requests')) {
    if (path.startsWith('/sandbox/')) continue
    const request = `${method} ${path}${status === 404 ? ' 404' : ''}`
    const purpose = purposes.find(([pattern]) => pattern.test(request))?.[1] ?? `? ${request}`
    counts.set(purpose, (counts.get(purpose) ?? 0) + 1)
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  table(
    `Requests of azlin backup trigger db-1 (three disks): ${total}`,
    ['requests', 'for'],
    [...counts].map(([purpose, count]) => [String(count), purpose]),
  )
}

/** A client that has read the pages before has its code and its memory ready; a process that starts has neither, nor has azlin. */
async function manyPages() {
  const list = () => run([azlin, 'backup', 'list', 'web-1'])
  const plain = () => run(['--input-type=module', '-e', plainList])
  const few = median(await times(rounds, list))
  const plainFew = median(await times(rounds, plain))
  console.log(`\nMaking ${manySnapshots} snapshots …`)
  const sandbox = new SandboxClient(home)
  await sandbox.signIn()
  await sandbox.makeSnapshots(manySnapshots)

  const [pages, processes, lists] = [[], [], []]
  let peak = 0
  for (let round = 0; round < rounds; round++) {
    const from = performance.now()
    await sandbox.readSnapshots()
    pages.push(performance.now() - from)
    processes.push((await plain()).ms)
    const { ms, peakMb } = await list()
    lists.push(ms)
    peak = Math.max(peak, peakMb)
  }
  const [served, started, listed] = [median(pages), median(processes) - plainFew, median(lists)]
  const own = listed - few
  table(
    `A resource group of ${manySnapshots} snapshots, median of ${rounds}`,
    ['', 'measured', 'target'],
    [
      ['the pages, by a plain client that has read them before', `${served.toFixed(0)} ms`, ''],
      ['the pages, by a plain process, without its start', `${started.toFixed(0)} ms`, ''],
      ['azlin backup list web-1', `${listed.toFixed(0)} ms`, ''],
      ['... without starting and signing in', `${own.toFixed(0)} ms`, ''],
      ['ratio to the pages', (own / served).toFixed(2), 'at most 1.20'],
      ['ratio to the pages, by a process', (own / started).toFixed(2), ''],
      ['peak memory', `${peak.toFixed(0)} MB`, 'below 150 MB'],
    ],
  )
}

async function times(count, work) {
  const all = []
  for (let round = 0; round < count; round++) all.push((await work()).ms)
  return all
}

/** Milliseconds from start to end, and the peak memory. Throws unless the process ends with 0. */
async function run(args, around = env) {
  const from = performance.now()
  const child = spawn(process.execPath, ['--import', measuring, ...args], {
    cwd: home,
    env: around,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  let [said, peakKb] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  child.stdio[3].setEncoding('utf8').on('data', (text) => {
    peakKb += text
  })
  const code = await new Promise((resolve) => child.on('exit', resolve))
  const ms = performance.now() - from
  if (code !== 0) throw new Problem(`azlin ${args.slice(1).join(' ')} ended with ${code}: ${said}`)
  return { ms, peakMb: Number(peakKb) / 1024 }
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

function table(title, headings, rows) {
  const widths = headings.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i].length)))
  console.log(`\n${title}`)
  for (const row of [headings, ...rows])
    console.log(`  ${row.map((cell, i) => cell.padEnd(widths[i])).join('  ')}`.trimEnd())
}

await script(async () => {
  await setUp()
  try {
    await run([azlin, 'sandbox', 'start'])
    for (const vm of ['web-1', 'db-1']) await run([azlin, 'backup', 'configure', vm])
    await run([azlin, 'backup', 'trigger', 'web-1'])
    await benchStarts({ home, env, plainList, median, table })
    await requestsOfTrigger()
    await manyPages()
    await benchReplication(table)
    await benchDrills(table)
    await benchVerification(table)
  } finally {
    await run([azlin, 'sandbox', 'stop']).catch(() => {})
    rmSync(home, { recursive: true, force: true })
  }
})
