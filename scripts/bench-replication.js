/** The part of `npm run bench` about copies to a second region. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { Problem, root, runPackage } from './steps.js'

/** `table(title, headings, rows)` prints. */
export async function benchReplication(table) {
  await runPackage('typescript/bin/tsc', ['-p', 'tsconfig.json'])
  const { copies, tookMs, idealMs, searches } = JSON.parse(await output(join(root, 'build/test/bench/replication.js')))
  table(
    `${copies} copies of 20 VMs, 3 at a time`,
    ['', 'measured', 'target'],
    [
      ['the best schedule of their own durations', `${(idealMs / 1000).toFixed(1)} s`, ''],
      ['azlin', `${(tookMs / 1000).toFixed(1)} s`, ''],
      ['ratio', (tookMs / idealMs).toFixed(3), 'at most 1.10'],
    ],
  )
  table(
    `${searches.jobs} jobs in the database, median of 11`,
    ['', 'ms', 'rows', 'target', 'SQLite'],
    Object.entries(searches.found).map(([name, { ms, rows }], index) => [
      name,
      ms.toFixed(2),
      String(rows),
      'below 20 ms',
      searches.plans[index],
    ]),
  )
}

async function output(file) {
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0) throw new Problem(`The benchmark of copies ended with ${code}.`)
  return said
}
