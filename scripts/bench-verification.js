/** The part of `npm run bench` about verification: what of the two minutes is azlin's own, and how fast --deep reads. */
import { fork, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { SandboxClient } from './sandbox-client.js'
import { Problem, root } from './steps.js'

const azlin = join(root, 'bin/run.js')
const deepBytes = 1024 ** 3
const chunkBytes = 4 * 1024 * 1024
const atOnce = 12
const rounds = 11
const mib = 1024 ** 2

/** `table(title, headings, rows)` prints. */
export async function benchVerification(table) {
  const home = mkdtempSync(join(tmpdir(), 'azlin-bench-verify-'))
  try {
    await ownShare(home, table)
    await deepThroughput(home, table)
  } finally {
    await run(home, ['sandbox', 'stop']).catch(() => {})
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}

/** In a sandbox so fast that nothing in it takes time, what is left is azlin's own, and the sandbox's answering. */
async function ownShare(home, table) {
  await run(home, ['sandbox', 'start', '--speed', '20000'])
  const rows = []
  for (const vm of ['web-1', 'db-1']) {
    await run(home, ['backup', 'configure', vm])
    const { snapshotName } = JSON.parse((await run(home, ['backup', 'trigger', vm, '--json'])).stdout)
    const sandbox = new SandboxClient(home)
    await sandbox.control('DELETE', 'requests')
    const { ms, cpuMs, stdout } = await run(home, ['backup', 'verify', snapshotName, '--json'])
    const asked = (await sandbox.control('GET', 'requests')).filter(({ path }) => path.startsWith('/subscriptions/'))
    const { disks } = JSON.parse(stdout)
    const sum = (key) => disks.reduce((total, disk) => total + disk[key], 0)
    rows.push([
      `${vm}, ${disks.length} ${disks.length === 1 ? 'disk' : 'disks'}`,
      `${(ms / 1000).toFixed(1)} s`,
      `${(cpuMs / 1000).toFixed(1)} s`,
      `${((cpuMs / 120_000) * 100).toFixed(1)} %`,
      `${(sum('bytesRead') / mib).toFixed(1)} MiB`,
      String(sum('readRequests')),
      String(asked.length),
    ])
  }
  table(
    'azlin backup verify, without the waits of Azure; the aim is 2 minutes',
    ['', 'start to end', 'processor', 'of 2 minutes', 'read', 'reads', 'other requests'],
    rows,
  )
}

/** The reader of --deep, with its digest, against a pool of plain connections that only gets each range into memory. */
async function deepThroughput(home, table) {
  const server = fork(join(root, 'scripts/bench-blob.js'), [String(deepBytes)])
  try {
    const { port, cert } = await new Promise((resolve) => server.once('message', resolve))
    const readDeep = await deepReader(home, `https://127.0.0.1:${port}/md/x/abcd?sig=none`, cert)
    const readPlain = plainReader(port, cert)
    const [deep, plain] = [[], []]
    for (let round = 0; round < rounds; round++) {
      plain.push(await seconds(readPlain))
      deep.push(await seconds(readDeep))
    }
    const [quickest, ours] = [median(plain), median(deep)]
    // Pair by pair: what else the machine does changes from one second to the next.
    const share = median(plain.map((time, round) => time / deep[round]))
    const speed = (time) => `${(deepBytes / mib / time).toFixed(0)} MiB/s`
    table(
      `Reading ${deepBytes / mib} MiB in ranges of ${chunkBytes / mib} MiB, ${atOnce} at once, median of ${rounds}`,
      ['', 'measured', 'target'],
      [
        ['plain HTTPS pool', speed(quickest), ''],
        ['the reader of --deep, with SHA-256', speed(ours), ''],
        ['share', `${(share * 100).toFixed(0)} %`, 'at least 80 %'],
      ],
    )
  } finally {
    server.disconnect()
  }
}

/** azlin's own code for it, built as the program is. */
async function deepReader(home, link, caPem) {
  const outfile = join(home, 'deep.mjs')
  await build({
    stdin: {
      contents: `export { AzureBlobs } from './src/azure/blobs.ts'
        export { Calls } from './src/azure/calls.ts'
        export { systemClock } from './src/core/clock.ts'
        export { readDeep } from './src/core/managers/verify-deep.ts'`,
      resolveDir: root,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    outfile,
    logLevel: 'error',
  })
  symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'))
  const { AzureBlobs, Calls, systemClock, readDeep } = await import(pathToFileURL(outfile).href)
  const clock = systemClock()
  const blobs = new AzureBlobs({ caPem, clock, report: () => {} }, new Calls(clock, 1000, () => {}))
  return async () => {
    const { signal } = new AbortController()
    const blob = await blobs.open(link, signal)
    const { bytesRead } = await readDeep(blob, await blob.allocated(signal), { clock, advanced: () => {} }, signal)
    if (bytesRead !== deepBytes) throw new Problem(`--deep read ${bytesRead} of ${deepBytes} bytes.`)
  }
}

function plainReader(port, ca) {
  const agent = new Agent({ ca, keepAlive: true, maxSockets: atOnce })
  const read = (start) =>
    new Promise((resolve, reject) => {
      const headers = { range: `bytes=${start}-${start + chunkBytes - 1}` }
      request({ port, host: '127.0.0.1', path: '/', agent, headers }, (answer) => {
        const pieces = []
        answer.on('data', (piece) => pieces.push(piece))
        answer.on('end', () => resolve(Buffer.concat(pieces)))
      })
        .on('error', reject)
        .end()
    })
  return async () => {
    let next = 0
    const worker = async () => {
      while (next < deepBytes) {
        next += chunkBytes
        await read(next - chunkBytes)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
  }
}

async function seconds(work) {
  const from = performance.now()
  await work()
  return (performance.now() - from) / 1000
}

/** Reports the processor time of a process on its descriptor 3. */
const measuring = `data:text/javascript,${encodeURIComponent(
  'import { writeSync } from "node:fs"; process.on("exit", () => { const { user, system } = process.cpuUsage(); writeSync(3, String((user + system) / 1000)) })',
)}`

async function run(home, args) {
  const from = performance.now()
  const child = spawn(process.execPath, ['--import', measuring, azlin, ...args], {
    cwd: home,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: home,
      AZLIN_HOME: home,
      AZLIN_CLOUD: 'sandbox',
      AZLIN_RESOURCE_GROUP: 'demo-rg',
      AZLIN_POLL_INTERVAL_MS: '20',
    },
  })
  const texts = ['', '', '', '']
  for (const descriptor of [1, 2, 3])
    child.stdio[descriptor].setEncoding('utf8').on('data', (text) => {
      texts[descriptor] += text
    })
  const code = await new Promise((resolve) => child.on('exit', resolve))
  const ms = performance.now() - from
  if (code !== 0) throw new Problem(`azlin ${args.join(' ')} ended with ${code}: ${texts[2]}`)
  return { ms, cpuMs: Number(texts[3]), stdout: texts[1] }
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
}
