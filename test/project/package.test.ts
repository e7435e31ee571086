import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

const run = promisify(execFile)

describe('the package that npm pack makes', () => {
  let folder: string
  let files: string[]
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'azlin-pack-'))
    const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder])
    const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[]
    files = packed?.files.map(({ path }) => path) ?? []
    await run('tar', ['-xzf', join(folder, packed?.filename ?? ''), '-C', folder])
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('holds the program, what it says of itself, and nothing else', () => {
    const places = new Set(files.map((path) => path.split('/')[0]))
    const words = ['CHANGELOG.md', 'LICENSE', 'README.md', 'docs']
    expect([...places].sort()).toEqual([...words, 'bin', 'dist', 'oclif.manifest.json', 'package.json'].sort())
    expect(files).toEqual(expect.arrayContaining(['dist/sandbox/main.js', 'dist/third-party-notices.txt']))
  })

  it('holds every page that the README and the errors name', async () => {
    const texts = await Promise.all(['README.md', 'docs/errors.md'].map((file) => readFile(file, 'utf8')))
    const named = texts.join('\n').match(/\bdocs\/[\w/-]+\.md/g) ?? []
    expect(named.length).toBeGreaterThan(5)
    expect(files).toEqual(expect.arrayContaining([...new Set(named)]))
  })

  it('is not made where nothing was built that it could hold', async () => {
    const clone = join(folder, 'clone')
    for (const part of ['package.json', 'scripts', 'bin']) await cp(part, join(clone, part), { recursive: true })
    const packed = run('npm', ['pack'], { cwd: clone })
    await expect(packed).rejects.toMatchObject({ stderr: expect.stringContaining('First run: npm ci') })
    expect(await readdir(clone)).not.toContainEqual(expect.stringMatching(/\.tgz$/))
  })

  it('runs from where it is unpacked, with no other package beside it', async () => {
    const program = join(folder, 'package/bin/run.js')
    const { stdout } = await run(process.execPath, [program, 'backup', 'list', '--help'], { cwd: folder })
    expect(stdout).toContain('azlin backup list')
  })
})
