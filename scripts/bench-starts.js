/** The part of `npm run bench` about whole processes: nothing is loaded into them to measure them. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { build } from 'esbuild'
import { Problem, root } from './steps.js'

const rounds = 21
const azlin = join(root, 'bin/run.js')

/** What azlin does for a list, by the same SDK, in the least that one would write; bundled, and no more is done for it. */
const sdkList = `import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ComputeManagementClient } from '@azure/arm-compute'
import { DefaultAzureCredential } from '@azure/identity'
const read = (file) => readFileSync(file, 'utf8')
const sandbox = JSON.parse(read(join(process.env.AZLIN_HOME, 'sandbox/connection.json')))
process.env.IDENTITY_ENDPOINT = sandbox.identityEndpoint
process.env.IDENTITY_HEADER = sandbox.identityHeader
process.env.AZURE_TOKEN_CREDENTIALS = 'prod'
async function list() {
  const trust = { tlsOptions: { ca: read(sandbox.caFile) } }
  const credential = new DefaultAzureCredential(trust)
  const compute = new ComputeManagementClient(credential, sandbox.subscriptionId, {
    ...trust,
    endpoint: sandbox.url,
    credentialScopes: 'https://management.azure.com/.default',
  })
  for await (const { name } of compute.snapshots.listByResourceGroup(sandbox.resourceGroup)) console.log(name)
  process.exit()
}
list()`

/** `table(title, headings, rows)` prints; `plainList` lists by nothing but Node.js; `home` is that of a running sandbox. */
export async function benchStarts({ home, env, plainList, median, table }) {
  const bundle = join(home, 'sdk-list.cjs')
  await build({
    stdin: { contents: sdkList, resolveDir: root },
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    minify: true,
    logLevel: 'error',
  })
  const cases = {
    'node -e 0': ['-e', '0'],
    'sign in and list, by node:https': ['--input-type=module', '-e', plainList],
    'sign in and list, by the SDK in a plain bundle': [bundle],
    'azlin --version': [azlin, '--version'],
    'azlin backup list --help': [azlin, 'backup', 'list', '--help'],
    'azlin backup list web-1': [azlin, 'backup', 'list', 'web-1'],
  }
  const measured = (title, around) => compare(title, cases, { ...env, ...around }, { home, median, table })
  // Node.js 20 reads its roots at the first TLS connection; where a file adds to them, at each start, also that of `node -e 0`.
  const { NODE_EXTRA_CA_CERTS: own } = process.env
  if (own) await measured("with this environment's NODE_EXTRA_CA_CERTS", { NODE_EXTRA_CA_CERTS: own })
  await measured('with the certificate of the sandbox in NODE_EXTRA_CA_CERTS', {
    NODE_EXTRA_CA_CERTS: join(home, 'sandbox/ca.pem'),
  })
  await measured('without NODE_EXTRA_CA_CERTS', {})
}

async function compare(title, cases, env, { home, median, table }) {
  const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const [name, args] of Object.entries(cases)) times[name].push(await msOf(args, env, home))
  const base = median(times['node -e 0'])
  const targets = { 'azlin --version': '2', 'azlin backup list web-1': '3' }
  table(
    `Whole processes, median of ${rounds}, ${title}`,
    ['', 'ms', 'times node -e 0', 'target'],
    Object.entries(times).map(([name, all]) => {
      const ms = median(all)
      return [name, ms.toFixed(0), (ms / base).toFixed(2), targets[name] ? `at most ${targets[name]}` : '']
    }),
  )
}

/** From start to end. Throws unless the process ends with 0. */
async function msOf(args, env, cwd) {
  const from = performance.now()
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  const code = await new Promise((resolve) => child.on('exit', resolve))
  const ms = performance.now() - from
  if (code !== 0) throw new Problem(`node ${args.join(' ')} ended with ${code}: ${said}`)
  return ms
}
