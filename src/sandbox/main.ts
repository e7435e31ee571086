/** The sandbox as a process of its own: `node main.js --home <folder> [--port n] [--speed n] [--no-run-command]`. Logs to `<home>/sandbox.log`. */
import { appendFileSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { defaultSpeed, startSandbox } from './server.js'

const { values } = parseArgs({
  options: {
    home: { type: 'string' },
    port: { type: 'string' },
    speed: { type: 'string' },
    'no-run-command': { type: 'boolean' },
  },
})
if (values.home === undefined) throw new Error('--home is required')
const home = resolve(values.home)
mkdirSync(home, { recursive: true, mode: 0o700 })

function log(line: string): void {
  appendFileSync(join(home, 'sandbox.log'), `${new Date().toISOString()} ${line}\n`, { mode: 0o600 })
}

async function serve(): Promise<void> {
  const sandbox = await startSandbox({
    home,
    port: Number(values.port ?? 0),
    speed: Number(values.speed ?? defaultSpeed),
    runCommand: values['no-run-command'] !== true,
    lastWord: () => log('stopped'),
  })
  log(`listening on ${sandbox.url}`)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void sandbox.close())
  await sandbox.closed
  process.exit(0)
}

function fail(error: unknown): never {
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error)
  log(told)
  process.stderr.write(`${told}\n`)
  process.exit(1)
}

serve().catch(fail)
