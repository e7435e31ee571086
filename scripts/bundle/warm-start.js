/**
 * Makes `dist/warm.js` and its code (bin/warm.js tells what for): azlin is run against its own sandbox, and what it
 * loads and uses there is what is made ready.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../steps.js'

const execute = promisify(execFile)
const dist = join(root, 'dist')
const recorder = join(root, 'scripts/bundle/record.js')
/** A command with everything that talking to Azure takes, and help. */
const usual = [
  ['backup', 'list', 'web-1'],
  ['backup', 'list', '--help'],
]

/** Rejects where azlin cannot be run here: without loopback, say. Then dist is as good, and starts more slowly. */
export async function makeWarmStart() {
  const home = await mkdtemp(join(tmpdir(), 'azlin-build-'))
  const env = { PATH: process.env.PATH, HOME: home, AZLIN_HOME: home, AZLIN_CLOUD: 'sandbox' }
  const node = (...args) => execute(process.execPath, args, { cwd: home, env })
  const azlin = join(root, 'bin/run.js')
  try {
    await node(azlin, 'sandbox', 'start')
    await node(azlin, 'backup', 'configure', 'web-1')
    await node(azlin, 'backup', 'trigger', 'web-1')
    const files = new Set()
    for (const argv of usual) {
      const report = join(home, 'loaded.json')
      await node(recorder, 'files', report, ...argv)
      for (const file of JSON.parse(await readFile(report, 'utf8'))) files.add(file)
    }
    await writeFile(join(dist, 'warm.js'), await together([...files]))
    for (const argv of usual) await node(recorder, 'code', ...argv)
  } finally {
    await node(azlin, 'sandbox', 'stop').catch(() => {})
    await rm(home, { recursive: true, force: true })
  }
}

async function together(files) {
  const chunks = files.map(async (file) => {
    const text = await readFile(join(dist, file), 'utf8')
    return `${JSON.stringify(file)}:function(exports,require,module,__filename,__dirname){${text}\n}`
  })
  return `({${(await Promise.all(chunks)).join(',\n')}})\n`
}
