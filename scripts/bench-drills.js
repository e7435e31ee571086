/** The part of `npm run bench` about drills. Expects `build` to be compiled. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { Problem, root } from './steps.js'

/** `table(title, headings, rows)` prints. */
export async function benchDrills(table) {
  const { rtoSeconds, criticalPath, pollSeconds } = JSON.parse(await output(join(root, 'build/test/bench/drills.js')))
  const most = criticalPath * 1.05 + pollSeconds
  table(
    'The RTO of a drill (three disks, boot checked)',
    ['', 'seconds', 'target'],
    [
      ['critical path of the embedded Azure', criticalPath.toFixed(1), ''],
      ['measured by azlin', rtoSeconds.toFixed(1), `at most ${most.toFixed(1)} (5 % and one poll)`],
    ],
  )
}

async function output(file) {
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0) throw new Problem(`The benchmark of drills ended with ${code}.`)
  return said
}
