/** Each runbook is run as it is written: its blocks, one after the other, in one shell, against the embedded Azure. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { environment, program } from '../support/azlin.js'
import { Sandboxed } from '../support/sandboxed.js'

const folder = 'docs/runbooks'
const machines = 'Microsoft.Compute/virtualMachines'

let azure: Sandboxed
beforeEach(async () => {
  azure = await Sandboxed.start()
})
afterEach(() => azure.stop())

/** The shell blocks of a runbook; with `until` or `from`, those before or after that heading. */
function blocks(name: string, { until, from }: { until?: string; from?: string } = {}): string {
  const text = readFileSync(join(folder, `${name}.md`), 'utf8')
  const at = (heading: string) => text.indexOf(`\n## ${heading}\n`)
  const part = text.slice(from === undefined ? 0 : at(from), until === undefined ? undefined : at(until))
  return [...part.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block).join('')
}

/** Runs it with `azlin` on the path, stopping at the first command that fails. What it printed. */
async function shell(script: string, env: Record<string, string> = {}): Promise<string> {
  const { home } = azure.around
  const bin = join(home, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'azlin'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, { mode: 0o755 })
  const around = environment({ ...azure.around, env: { ...azure.around.env, AZLIN_RESOURCE_GROUP: 'demo-rg', ...env } })
  const child = spawn('sh', ['-euxc', script], {
    cwd: home,
    env: { ...around, PATH: `${bin}:${around['PATH']}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`It ended with ${code}:\n${said}`)
  return said
}

/** Backups of web-1 on two days; the copies of both in the second region. */
async function protectedVm(): Promise<void> {
  await azure.ok('backup', 'configure', 'web-1', '--cross-region', '--target-region', 'eastus2')
  for (let day = 0; day < 2; day++) {
    await azure.ok('backup', 'trigger', 'web-1')
    await azure.ok('backup', 'replicate-all', 'web-1', '--target-region', 'eastus2')
    await azure.advance(1)
  }
}

function leftovers(): string[] {
  return azure.sandbox.world
    .list('Microsoft.Compute/disks')
    .filter(({ tags = {} }) => 'azlin:temporary' in tags)
    .map(({ name }) => name)
}

describe('the runbooks', () => {
  it('are all run here, and all in the list of them', () => {
    const list = readFileSync(join(folder, 'README.md'), 'utf8')
    const files = readdirSync(folder).filter((name) => name !== 'README.md')
    expect(files.toSorted()).toEqual(['lost-data.md', 'quarterly-drill.md', 'region-down.md', 'spoilt-vm.md'])
    for (const file of files) expect(list).toContain(`](${file})`)
  })

  it('put a spoilt VM back', async () => {
    await protectedVm()
    const before = azure.names('Microsoft.Compute/disks').filter((name) => name.startsWith('web-1'))
    await shell(blocks('spoilt-vm'))
    const after = azure.names('Microsoft.Compute/disks').filter((name) => name.startsWith('web-1'))
    expect(after).toHaveLength(before.length + 1)
    expect(
      azure.names('Microsoft.Compute/snapshots').filter((name) => name.startsWith('web-1-backup-')).length,
    ).toBeGreaterThan(4)
    expect(leftovers()).toEqual([])
  })

  it('bring a VM up in another region while its own is down, and home again', async () => {
    await protectedVm()
    const back = 'When the region is back'
    await azure.fault({ kind: 'regionDown', region: 'westus2' })
    const said = await shell(`${blocks('region-down', { until: back })}\necho "NEW_GROUP=$NEW_GROUP"`)
    const [, group = ''] = /^NEW_GROUP=(\S+)$/m.exec(said) ?? []
    expect(azure.sandbox.world.list(machines, group).map(({ name, location }) => [name, location])).toEqual([
      ['web-1', 'eastus2'],
    ])

    await azure.clearFaults()
    await shell(`VM=web-1\n${blocks('region-down', { from: back })}`, { NEW_GROUP: group })
    const all = azure.sandbox.world.list(machines).filter(({ name }) => name === 'web-1')
    expect(all.map(({ location }) => location).toSorted()).toEqual(['eastus2', 'westus2'])
    expect(leftovers()).toEqual([])
  })

  it('bring back what was lost, beside the VM and in its place', async () => {
    await protectedVm()
    const { backups } = await azure.ok<{ backups: { snapshotName: string; creationTime: string }[] }>(
      'backup',
      'list',
      'web-1',
    )
    const [newest, older] = backups
    const said = await shell(blocks('lost-data'), { LOST_AT: newest?.creationTime ?? '' })
    expect(said).toContain(`azlin backup restore web-1 --backup ${older?.snapshotName} --new-vm web-1-before`)
    expect(azure.names(machines)).toContain('web-1-before')
    expect(leftovers()).toEqual([])
  })

  it('prove it every quarter, with the files for the audit', async () => {
    await protectedVm()
    const said = await shell(blocks('quarterly-drill'))
    expect(said).toMatch(/web-1/)
    const { home } = azure.around
    expect(readFileSync(join(home, 'drills.xml'), 'utf8')).toContain('failures="0"')
    expect(readFileSync(join(home, 'drills.csv'), 'utf8').trim().split('\n')).toHaveLength(2)
    expect(existsSync(join(home, 'drills.xml'))).toBe(true)
    expect(azure.names('Microsoft.Resources/resourceGroups')).toEqual(['demo-rg'])
    expect(leftovers()).toEqual([])
  })
})
