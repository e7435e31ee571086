import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { environment, packageRoot } from '../support/azlin.js'

describe('the code that the build made ready', () => {
  let copy: string
  let dist: string
  let code: string
  beforeEach(async () => {
    copy = await realpath(await mkdtemp(join(tmpdir(), 'azlin-warm-')))
    dist = join(copy, 'dist')
    for (const part of ['bin', 'dist', 'package.json', 'oclif.manifest.json'])
      await cp(join(packageRoot, part), join(copy, part), { recursive: true })
    code = join(dist, (await readdir(dist)).find((file) => file.endsWith('.code')) ?? 'none')
  })
  afterEach(() => rm(copy, { recursive: true, force: true }))

  const help = () => {
    const program = join(copy, 'bin/run.js')
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'backup', 'list', '--help'], {
      env: environment({ home: copy }),
      encoding: 'utf8',
      timeout: 60_000,
    })
    return { status, stderr, explained: stdout.includes('azlin backup list') }
  }
  const well = { status: 0, stderr: '', explained: true }

  it('is enough to start without a single chunk', async () => {
    await rm(join(dist, 'chunks'), { recursive: true })
    expect(help()).toEqual(well)
  })

  it('is not needed: without it the chunks are loaded one by one', async () => {
    await rm(join(dist, 'warm.js'))
    expect(help()).toEqual(well)
  })

  it('is left alone when another version of Node.js made it', async () => {
    await rename(code, join(dist, 'warm-v99.0.0-linux-x64.code'))
    expect(help()).toEqual(well)
    await rm(join(dist, 'chunks'), { recursive: true })
    expect(help()).not.toEqual(well)
  })

  it.each([
    ['empty', ''],
    ['nonsense', 'nonsense'.repeat(1000)],
  ])('is left alone when it is %s', async (_, content) => {
    await writeFile(code, content)
    expect(help()).toEqual(well)
  })
})
