import { spawn } from 'node:child_process'
import { cp, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { azlin, documentOf, environment, freshHome, program } from '../support/azlin.js'

const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }

describe('the built program', () => {
  let home: string
  let remove: () => Promise<void>
  beforeEach(async () => {
    ;({ home, remove } = await freshHome())
  })
  afterEach(() => remove())

  it.each(['--version', 'version'])('answers %s with its version, from any folder', async (word) => {
    const ended = await azlin([word], { home })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toContain(`azlin/${version} `)
  })

  it('answers --version with one JSON document when asked for one', async () => {
    expect(documentOf(await azlin(['--version', '--json'], { home }))).toEqual({ version })
  })

  it('explains itself, and each command with an example', async () => {
    const { stdout, code } = await azlin(['--help'], { home })
    expect(code).toBe(0)
    for (const topic of ['backup', 'snapshot', 'sandbox', 'cleanup']) expect(stdout).toContain(topic)
    const command = await azlin(['help', 'backup', 'trigger'], { home })
    expect(command.stdout).toContain('EXAMPLES')
  })

  it('says which command was probably meant', async () => {
    const { stderr, code } = await azlin(['backup', 'lst', 'web-1'], { home })
    expect(code).toBe(2)
    expect(stderr).toContain('azlin backup list')
  })

  it('gives a shell what completes its commands and flags', async () => {
    const made = await azlin(['autocomplete', 'bash'], { home, env: { XDG_CACHE_HOME: home } })
    expect(made.code).toBe(0)
    const script = await readFile(join(home, 'azlin/autocomplete/functions/bash/azlin.bash'), 'utf8')
    expect(script).toMatch(/^backup:trigger .*--tier/m)
    expect((await azlin(['autocomplete', 'script', 'bash'], { home })).stdout).toContain('AZLIN_AC_BASH_SETUP_PATH')
  })

  it('ends quietly when its reader has seen enough', async () => {
    const child = spawn(
      'bash',
      ['-c', `"$0" "$1" backup restore --help | head -n 1; echo "ended: \${PIPESTATUS[0]}"`, process.execPath, program],
      {
        cwd: home,
        env: environment({ home }),
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    await new Promise((resolve) => child.on('close', resolve))
    expect(output).toMatch(/^Put a backup in the place of a VM.*\nended: 0\n$/)
  })

  it('says how to build it where it is not built', async () => {
    await cp(dirname(program), join(home, 'bin'), { recursive: true })
    await cp('package.json', join(home, 'package.json'))
    const child = spawn(process.execPath, [join(home, 'bin/run.js'), 'backup', 'list'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect(code).toBe(1)
    expect(said).toContain('npm ci && npm run build')
  })
})
