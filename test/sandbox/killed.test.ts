/** The sandbox as a process of its own, ended from outside: whatever it has answered is there at the next start. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { SandboxControl } from '../../src/sandbox/control-client.js'
import { startDetached } from '../../src/sandbox/start-detached.js'
import { Reached } from './reached.js'

const program = fileURLToPath(new URL('../../src/sandbox/main.js', import.meta.url))
const version = '?api-version=2025-01-02'
const hourMs = 3_600_000

let home: string
let control: SandboxControl
let azure: Reached
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'azlin-sandbox-'))
  await start()
})
afterEach(async () => {
  await end('SIGKILL')
  rmSync(home, { recursive: true })
})

/** At Azure's own pace, so that nothing comes about while a test waits. */
async function start(): Promise<void> {
  const started = await startDetached(
    { program, home, port: 0, speed: 1, runCommand: false },
    AbortSignal.timeout(30_000),
  )
  expect(started).toMatchObject({ alreadyRunning: false })
  const found = await SandboxControl.connect(home)
  if (!found) throw new Error('it does not answer')
  control = found
  azure = new Reached(found.connection)
}

async function end(signal: NodeJS.Signals): Promise<void> {
  const { pid } = control.connection
  const isThere = () => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }
  if (isThere()) process.kill(pid, signal)
  while (isThere()) await sleep(5)
}

const url = (rest: string) => azure.id(`Microsoft.Compute/${rest}`) + version
const answer = async (rest: string) => (await azure.raw('GET', url(rest))).body

async function snapshot(name: string): Promise<void> {
  const sourceResourceId = azure.id('Microsoft.Compute/disks/web-1_OsDisk_1')
  const properties = { incremental: true, creationData: { createOption: 'Copy', sourceResourceId } }
  expect((await azure.raw('PUT', url(`snapshots/${name}`), { location: 'westus2', properties })).status).toBe(202)
  await control.advance(10_000)
}

async function copy(name: string, source: string): Promise<void> {
  const creationData = {
    createOption: 'CopyStart',
    sourceResourceId: azure.id(`Microsoft.Compute/snapshots/${source}`),
  }
  const body = { location: 'eastus2', properties: { incremental: true, creationData } }
  expect((await azure.raw('PUT', url(`snapshots/${name}`), body)).status).toBe(202)
}

describe.each(['SIGKILL', 'SIGTERM'] as const)('%s, at once after an answer', (signal) => {
  it('undoes neither what was made nor what was written on it nor what was removed', async () => {
    await snapshot('kept')
    await snapshot('removed')
    const made = await answer('snapshots/kept')
    const tags = { properties: { tags: { told: 'yes' } }, operation: 'Merge' }
    const path = `${azure.id('Microsoft.Compute/snapshots/kept')}/providers/Microsoft.Resources/tags/default${version}`
    expect((await azure.raw('PATCH', path, tags)).status).toBe(200)
    await end(signal)
    await start()
    expect(await answer('snapshots/kept')).toEqual({ ...made, tags: { told: 'yes' } })

    expect((await azure.raw('DELETE', url('snapshots/removed'))).status).toBe(202)
    await end(signal)
    await start()
    expect((await azure.raw('GET', url('snapshots/removed'))).status).toBe(404)
    expect(await answer('snapshots/kept')).toEqual({ ...made, tags: { told: 'yes' } })
  })

  it('undoes no change that was accepted and whose end was to come', async () => {
    await snapshot('kept')
    const opened = await azure.raw('POST', url('snapshots/kept/beginGetAccess'), {
      access: 'Read',
      durationInSeconds: 999,
    })
    expect(opened.status).toBe(202)
    await azure.raw('PUT', url('disks/grows'), {
      location: 'westus2',
      tags: { old: 'yes' },
      properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 },
    })
    const network = `${azure.id('Microsoft.Network/virtualNetworks/demo-vnet')}`
    const subnet = `${network}/subnets/gone?api-version=2025-05-01`
    await azure.raw('PUT', subnet, { properties: { addressPrefix: '10.10.7.0/24' } })
    await control.advance(60_000)
    const accepted = [
      await azure.raw('PATCH', url('snapshots/kept'), {
        tags: { a: 'b' },
        properties: { networkAccessPolicy: 'DenyAll' },
      }),
      await azure.raw('PATCH', url('disks/grows'), { sku: { name: 'Premium_LRS' }, properties: { diskSizeGB: 8 } }),
      await azure.raw('PUT', url('disks/grows'), { location: 'westus2', properties: { diskSizeGB: 9 } }),
      await azure.raw('POST', url('snapshots/kept/endGetAccess')),
      await azure.raw('DELETE', subnet),
    ]
    expect(accepted.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202])
    await end(signal)
    await start()
    expect(await answer('snapshots/kept')).toMatchObject({
      tags: { a: 'b' },
      properties: { networkAccessPolicy: 'DenyAll', diskState: 'Unattached', provisioningState: 'Succeeded' },
    })
    const disk = await answer('disks/grows')
    const properties = { diskSizeGB: 9, diskSizeBytes: 9 * 2 ** 30, provisioningState: 'Succeeded' }
    expect(disk).toMatchObject({ sku: { name: 'Premium_LRS' }, properties })
    expect(disk['tags']).toBeUndefined()
    const { body } = await azure.raw('GET', `${network}?api-version=2025-05-01`)
    expect(body).toMatchObject({ properties: { provisioningState: 'Succeeded', subnets: [{ name: 'default' }] } })
  })

  it('loses no copy, and neither its progress nor the clock goes back', async () => {
    await snapshot('source')
    await copy('copy', 'source')
    await end(signal)
    await start()
    expect(await answer('snapshots/copy')).toMatchObject({ properties: { completionPercent: 0 } })

    await control.advance(200_000)
    const half = await answer('snapshots/copy')
    const { now } = await control.status()
    await end(signal)
    await start()
    const percentOf = (body: Record<string, unknown>) =>
      (body['properties'] as { completionPercent: number }).completionPercent
    expect(percentOf(half)).toBeGreaterThan(80)
    expect(percentOf(await answer('snapshots/copy'))).toBeGreaterThanOrEqual(percentOf(half))
    expect(Date.parse((await control.status()).now)).toBeGreaterThanOrEqual(Date.parse(now))

    await control.advance(hourMs)
    const arrived = await answer('snapshots/copy')
    await end(signal)
    await start()
    expect(await answer('snapshots/copy')).toEqual(arrived)
    expect(percentOf(arrived)).toBe(100)
  })
})
