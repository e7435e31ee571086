/**
 * `npm run quickstart`: the whole story with azlin's own commands against the embedded Azure. Needs no Azure account,
 * leaves nothing behind, and ends with 0 when every command did what it should.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SandboxClient } from './sandbox-client.js'
import { setUp } from './setup.js'
import { Problem, root, script } from './steps.js'

const program = join(root, 'bin/run.js')
const home = mkdtempSync(join(tmpdir(), 'azlin-quickstart-'))
const surroundings = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(AZLIN|AZURE|IDENTITY)_/.test(name)),
)
const env = {
  ...surroundings,
  AZLIN_HOME: home,
  AZLIN_CLOUD: 'sandbox',
  AZLIN_RESOURCE_GROUP: 'demo-rg',
  AZLIN_POLL_INTERVAL_MS: '200',
}

/** The partition table of the next snapshot is broken. */
const spoiltSnapshot = {
  kind: 'content',
  trouble: 'corrupt-primary-gpt',
  method: 'PUT',
  path: '/snapshots/tl-1-backup-',
  times: 1,
}

let interrupted = false
let running
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    interrupted = true
    // At a terminal the child has had its own Ctrl-C; sent by `kill`, the signal reached only this process.
    if (signal === 'SIGTERM') running?.kill(signal)
  })
}

await script(async () => {
  try {
    await setUp()
    await story()
  } finally {
    await azlin(['sandbox', 'stop'], { always: true })
    rmSync(home, { recursive: true, force: true })
  }
})
if (interrupted) process.exitCode = 130

async function story() {
  tell('An Azure of your own, on this computer: four VMs in the group demo-rg, reached through the real Azure SDK.')
  await azlin(['sandbox', 'start'])
  await azlin(['sandbox', 'status'])

  tell('Backups by policy. The schedule is kept in a tag of the VM; nothing is stored here.')
  await azlin(['backup', 'configure', 'web-1', '--daily-retention', '2', '--weekly-retention', '2'])
  await azlin(['backup', 'configure', 'db-1', '--daily-retention', '2'])
  await azlin(['backup', 'config-show', 'db-1'])

  tell('The first backup: db-1 has three disks, and they make one recovery point.')
  await azlin(['backup', 'trigger', 'db-1'])

  tell('Days pass. A timer would run `azlin backup run --all`; older daily backups expire on the way.')
  for (let day = 1; day <= 3; day++) {
    await azlin(['sandbox', 'advance', '1d'])
    await azlin(['backup', 'run', '--all'])
  }
  await azlin(['backup', 'list', 'db-1'])
  await azlin(['backup', 'list', 'web-1', '--since', '2d'])

  tell('Is a backup any good? Disks are made of it and read; then they are removed again.')
  const { backups: taken } = JSON.parse(await azlin(['backup', 'list', 'db-1', '--json'], { quiet: true }))
  await azlin(['backup', 'verify', taken[0].snapshotName])

  tell('A bad one: the embedded Azure is told to spoil the next snapshot of tl-1, and only verification notices.')
  await new SandboxClient(home).control('POST', 'faults', spoiltSnapshot)
  await azlin(['backup', 'configure', 'tl-1'])
  const bad = JSON.parse(await azlin(['backup', 'trigger', 'tl-1', '--json'], { quiet: true }))
  await azlin(['backup', 'verify', bad.snapshotName], { ends: 1 })
  await azlin(['backup', 'verification-report'])
  await azlin(['backup', 'status'], { ends: 3 })

  tell('A second region: Azure copies every disk, and azlin waits until the data is there.')
  await azlin(['backup', 'replicate', taken[0].snapshotName, '--target-region', 'eastus2'])
  await azlin(['backup', 'replication-status', 'db-1'])
  await azlin(['backup', 'list', 'db-1', '--region', 'eastus2'])

  tell('What retention keeps, what it would remove, and why.')
  await azlin(['sandbox', 'advance', '40d'])
  await azlin(['backup', 'cleanup', 'db-1', '--dry-run'])
  await azlin(['backup', 'cleanup', 'db-1', '--yes'])

  tell('The disaster: db-1 is put back to its newest backup, in place. Here Azure is 60 times as fast as it is.')
  const { backups } = JSON.parse(await azlin(['backup', 'list', 'db-1', '--json'], { quiet: true }))
  await azlin(['backup', 'restore', 'db-1', '--backup', backups[0].snapshotName, '--yes'])

  tell('The rehearsal: a second VM beside the first, from the same kind of backup.')
  const { backups: ofWeb } = JSON.parse(await azlin(['backup', 'list', 'web-1', '--json'], { quiet: true }))
  await azlin(['backup', 'restore', 'web-1', '--backup', ofWeb[0].snapshotName, '--new-vm', 'web-1-copy'])

  tell(
    'The drill: the copy in eastus2 becomes a machine there, shut in, that boots and answers SSH; then it is removed.',
  )
  await azlin(['dr', 'test', 'db-1', '--test-region', 'eastus2'])
  await azlin(['dr', 'success-rate'])

  tell('Nothing temporary may stay behind.')
  await azlin(['cleanup', '--yes'])
  tell('That was the whole story. The README says how to sign in to a real subscription.')
}

function tell(text) {
  console.log(`\n# ${text}`)
}

/** Runs azlin with its output shown, or returned when `quiet`. Throws a Problem unless it ends with `ends`. */
async function azlin(args, { quiet = false, always = false, ends = 0 } = {}) {
  if (interrupted && !always) throw new Problem('Interrupted.')
  const line = `azlin ${args.join(' ')}`
  if (!quiet) console.log(`\n$ ${line}`)

  const stdio = ['ignore', quiet ? 'pipe' : 'inherit', 'inherit']
  // On its own in its process group when it must run to its end whatever key is pressed.
  const child = spawn(process.execPath, [program, ...args], { env, stdio, detached: always })
  running = child
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  const code = await new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)))
  if (code !== ends && !always) throw new Problem(`${line} ended with ${code}.`)
  return output
}
