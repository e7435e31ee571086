/**
 * Points Debian's `az`, a client nobody here wrote, at the sandbox and checks what it gets. Prints one line for each
 * check and ends non-zero when one failed. Installs nothing. docs/sandbox.md explains the settings below.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const server = join(root, 'build', 'src', 'sandbox', 'server.js')

/**
 * az 2.45 asks for API versions that Debian's python3-azure does not ship, so every `az vm` dies in Python; and it
 * waits 30 s between two polls of an operation that names no interval.
 */
const sitecustomize = `
from azure.cli.core.profiles import _shared
from azure.core.polling import base_polling

latest = _shared.AZURE_API_PROFILES['latest']
compute = latest[_shared.ResourceType.MGMT_COMPUTE].profile
for operations, version in list(compute.items()):
    if version == '2022-11-01':
        compute[operations] = '2022-08-01'
latest[_shared.ResourceType.MGMT_NETWORK] = '2021-02-01'

made = base_polling.LROBasePolling.__init__

def init(self, timeout=30, *args, **kwargs):
    made(self, min(timeout, 1), *args, **kwargs)

base_polling.LROBasePolling.__init__ = init
`

const group = 'demo-rg'
const other = 'az-rg'

/** Each: what is checked, az's arguments, what must hold for the parsed answer (nothing printed: undefined). */
const checks = [
  ['az vm list', ['vm', 'list', '-g', group], (vms) => vms.length >= 4 && vms.some((vm) => vm.name === 'web-1')],
  ['az vm show', ['vm', 'show', '-g', group, '-n', 'db-1'], (vm) => vm.storageProfile.dataDisks.length === 2],
  ['az vm deallocate', ['vm', 'deallocate', '-g', group, '-n', 'web-1'], () => true],
  ['web-1 is deallocated', powerOf('web-1'), (state) => state === 'PowerState/deallocated'],
  ['az vm start', ['vm', 'start', '-g', group, '-n', 'web-1'], () => true],
  ['web-1 runs again', powerOf('web-1'), (state) => state === 'PowerState/running'],
  [
    'az vm run-command invoke',
    ['vm', 'run-command', 'invoke', '-g', group, '-n', 'web-1', '--command-id', 'RunShellScript', '--scripts', 'true'],
    (answer) => answer.value[0].code === 'ProvisioningState/succeeded',
  ],
  ['az group create', ['group', 'create', '-n', other, '-l', 'westus2'], (made) => made.location === 'westus2'],
  [
    'az snapshot create (incremental)',
    ({ osDisk }) => ['snapshot', 'create', '-g', group, '-n', 'az-snap', '--source', osDisk, '--incremental', 'true'],
    (made) => made.incremental === true && made.provisioningState === 'Succeeded',
  ],
  ['az snapshot list', ['snapshot', 'list', '-g', group], (all) => all.some(({ name }) => name === 'az-snap')],
  [
    'az disk create --source',
    ['disk', 'create', '-g', group, '-n', 'az-disk', '--source', 'az-snap', '--sku', 'StandardSSD_LRS'],
    (disk) => disk.diskState === 'Unattached' && disk.creationData.createOption === 'Copy',
  ],
  [
    'az snapshot create --copy-start true',
    ({ osDisk }) => [
      ...['snapshot', 'create', '-g', other, '-n', 'az-copy', '-l', 'westus2', '--incremental', 'true'],
      ...['--copy-start', 'true', '--source', osDisk.replace(/disks\/.*/, 'snapshots/az-snap')],
    ],
    (copy) => copy.creationData.createOption === 'CopyStart' && copy.location === 'westus2',
  ],
  [
    'the copy is complete',
    ['snapshot', 'show', '-g', other, '-n', 'az-copy', '--query', 'completionPercent'],
    (percent) => percent === 100,
  ],
  [
    'az tag update --operation merge',
    ({ osDisk }) => ['tag', 'update', '--resource-id', osDisk, '--operation', 'merge', '--tags', 'from=az'],
    (answer) => answer.properties.tags.from === 'az',
  ],
  ['az disk delete', ['disk', 'delete', '-g', group, '-n', 'az-disk', '--yes'], () => true],
  ['az snapshot delete', ['snapshot', 'delete', '-g', group, '-n', 'az-snap'], () => true],
  ['it is gone', ['snapshot', 'list', '-g', group], (all) => all.every(({ name }) => name !== 'az-snap')],
  ['az group delete', ['group', 'delete', '-n', other, '--yes'], () => true],
  ['it is gone', ['group', 'exists', '-n', other], (exists) => exists === false],
]

function powerOf(vm) {
  const query = "instanceView.statuses[?starts_with(code, 'PowerState/')].code | [0]"
  return ['vm', 'get-instance-view', '-g', group, '-n', vm, '--query', query]
}

/** az of its own: another settings folder, the sandbox's certificate, its identity endpoint, and nothing of the user's. */
async function signIn(sandbox, folder) {
  await writeFile(join(folder, 'sitecustomize.py'), sitecustomize)
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    AZURE_CONFIG_DIR: join(folder, 'azure'),
    AZURE_CORE_COLLECT_TELEMETRY: 'no',
    PYTHONPATH: folder,
    PYTHONWARNINGS: 'ignore',
    REQUESTS_CA_BUNDLE: sandbox.caFile,
    APPSETTING_WEBSITE_SITE_NAME: 'sandbox',
    MSI_ENDPOINT: sandbox.identityEndpoint,
    MSI_SECRET: sandbox.identityHeader,
  }
  const az = async (...args) => {
    const { stdout } = await run('az', [...args, '--output', 'json'], { env, timeout: 120_000, maxBuffer: 2 ** 26 })
    return stdout.trim() === '' ? undefined : JSON.parse(stdout)
  }
  const { url } = sandbox
  await az(
    ...['cloud', 'register', '--name', 'azlin-sandbox', '--endpoint-resource-manager', url],
    ...['--endpoint-active-directory', `${url}/`, '--endpoint-active-directory-graph-resource-id', `${url}/`],
    ...['--endpoint-active-directory-resource-id', 'https://management.core.windows.net/'],
    ...['--endpoint-management', url, '--endpoint-gallery', url, '--suffix-storage-endpoint', 'x.invalid'],
  )
  await az('cloud', 'set', '--name', 'azlin-sandbox')
  await az('login', '--identity')
  return az
}

async function check(az) {
  const { storageProfile } = await az('vm', 'show', '-g', group, '-n', 'web-1')
  const known = { osDisk: storageProfile.osDisk.managedDisk.id }
  let failed = 0
  for (const [what, args, holds] of checks) {
    const started = Date.now()
    let trouble
    try {
      const answer = await az(...(typeof args === 'function' ? args(known) : args))
      if (!holds(answer)) trouble = `answered ${JSON.stringify(answer)}`
    } catch (error) {
      trouble = error.stderr?.trim() || error.message
    }
    if (trouble) failed++
    const seconds = ((Date.now() - started) / 1000).toFixed(1)
    console.log(`${trouble ? 'FAILED' : 'ok    '} ${what} (${seconds} s)${trouble ? `: ${trouble}` : ''}`)
  }
  console.log(`${checks.length - failed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

async function main() {
  try {
    await run('az', ['version'])
  } catch {
    console.error('The client under test is not installed: apt-get install azure-cli')
    return 1
  }
  if (!existsSync(server)) await run('npm', ['run', 'compile'], { cwd: root })
  const { startSandbox } = await import(server)
  const folder = await mkdtemp(join(tmpdir(), 'azlin-az-'))
  const sandbox = await startSandbox({ home: join(folder, 'sandbox'), speed: 200 })
  try {
    return await check(await signIn(sandbox, folder))
  } finally {
    await sandbox.close()
    await rm(folder, { recursive: true })
  }
}

process.exitCode = await main()
