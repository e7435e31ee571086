import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { azlin, documentOf, freshHome, packageRoot, type Surroundings } from '../support/azlin.js'

interface Failure {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string }
}

/** A real-looking account, so that only what is under test is wrong; the port answers nobody. */
const account = {
  AZURE_SUBSCRIPTION_ID: '00000000-0000-0000-0000-000000000001',
  AZLIN_RESOURCE_GROUP: 'demo-rg',
  AZLIN_ARM_ENDPOINT: 'https://127.0.0.1:9',
}

let around: Surroundings
let remove: () => Promise<void>
beforeAll(async () => {
  const fresh = await freshHome()
  around = { home: fresh.home, env: account }
  remove = fresh.remove
})
afterAll(() => remove())

const run = (...args: string[]) => azlin(args, around)

describe('a command line that makes no sense', () => {
  it.each([
    [['backup', 'lst', 'web-1'], 'backup list'],
    [['trigger', 'web-1'], 'backup trigger'],
    [['bakcup', 'trigger', 'web-1'], 'backup trigger'],
    [['snapshto'], 'snapshot'],
    [['help', 'backup', 'lst'], 'backup list'],
    [['backup', 'lst', '--help'], 'backup list'],
    [['backup', 'list', 'web-1', '--teir', 'daily'], '--tier'],
    [['backup', 'list', 'web-1', '--tier', 'wekly'], 'weekly'],
  ])('is answered with what was probably meant: %j', async (args, meant) => {
    const { code, stdout, stderr } = await run(...args)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr.slice(stderr.indexOf('Did you mean'))).toContain(meant)
  })

  it.each([
    [['dr', 'test', 'web-1'], '--test-region must be given.'],
    [['backup', 'configure', 'web-1', '--cross-region'], '--cross-region needs --target-region.'],
    [['backup', 'restore', 'web-1', '--backup', 'a', '--at', '2026-11-23'], '--backup and --at exclude each other.'],
    [['dr', 'success-rate', '--csv', '--json'], '--csv and --json exclude each other.'],
    [['backup', 'run'], 'Name the VMs, or give --all.'],
    [['backup', 'run', 'web-1', '--all'], 'Name the VMs or give --all, not both.'],
    [['dr', 'plan', 'nowhere.yaml'], 'it cannot be read (there is no such file or folder)'],
  ])('is told which flag is missing, or one too many: %j', async (args, words) => {
    const { stdout, stderr } = await run(...args)
    expect(stdout + stderr).toContain(words)
  })

  it.each([
    [['frobnicate']],
    [['backup', 'frobnicate']],
    [['backup']],
    [['backup', 'list']],
    [['backup', 'list', 'web-1', 'web-2']],
    [['backup', 'list', 'web-1', '--no-such-flag']],
    [['backup', 'list', 'web-1', '--tier']],
    [['backup', 'restore', 'web-1']],
    [['backup', 'restore', 'web-1', '--backup', 'a', '--at', '2026-11-23']],
    [['backup', 'run']],
    [['backup', 'run', 'web-1', '--all']],
    [['backup', 'run', '--all', '--every', '1h']],
    [['snapshot', 'enable', 'web-1']],
    [['sandbox', 'advance']],
    [['help', 'frobnicate']],
  ])('is one JSON document with --json, wherever that stands: %j', async (args) => {
    for (const typed of [
      [...args, '--json'],
      ['--json', ...args],
    ]) {
      const ended = await run(...typed)
      expect(documentOf<Failure>(ended).error).toEqual({
        code: 'USAGE',
        message: expect.stringMatching(/\S/),
        hint: expect.stringMatching(/azlin/),
      })
      expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 2, stderr: '' })
    }
  })

  it('is refused by the name of the command where it is unknown', async () => {
    for (const args of [
      ['autocomplete', '--json'],
      ['help', 'backup', '--json'],
    ]) {
      const { message, hint } = documentOf<Failure>(await run(...args)).error
      expect([message, hint]).toEqual([
        `--json is not a flag of azlin ${args[0]}.`,
        `azlin ${args[0]} --help shows what it takes.`,
      ])
    }
  })

  it('is told apart from an argument after a double dash', async () => {
    const { code, stdout, stderr } = await run('backup', 'list', '--', '--json')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('VM name "--json" is not valid')
  })
})

describe('a value that cannot be right', () => {
  it.each([
    [['backup', 'list', 'we b']],
    [['backup', 'list', 'web/1']],
    [['backup', 'list', 'web-1', '-g', 'bad group']],
    [['backup', 'list', 'web-1', '--since', 'yesterday']],
    [['backup', 'list', 'web-1', '--subscription', 'mine']],
    [['backup', 'list', 'web-1', '--cloud', 'AzureMoon']],
    [['backup', 'configure', 'web-1', '--daily-retention', 'seven']],
    [['backup', 'configure', 'web-1', '--weekly-retention', '-1']],
    [['backup', 'configure', 'web-1', '--monthly-retention', '1.5']],
    [['backup', 'configure', 'web-1', '--cross-region', '--target-region', 'not a region!']],
    [['backup', 'configure', 'web-1', '--backup-resource-group', 'a/b']],
    [['backup', 'restore', 'web-1', '--at', '2026-02-31', '--yes']],
    [['backup', 'restore', 'web-1', '--backup', 'a b', '--yes']],
    [['backup', 'restore', 'web-1', '--backup', 'a', '--new-vm', 'x y']],
    [['backup', 'restore', 'web-1', '--backup', 'a', '--new-vm', 'x', '--subnet', 'default']],
    [['backup', 'run', '--all', '--every', 'often']],
    [['backup', 'run', '--all', '-g', 'a/b']],
    [['cleanup', '--yes', '-g', 'a/b']],
    [['snapshot', 'enable', 'web-1', '--every', '0']],
    [['snapshot', 'enable', 'web-1', '--every', '8761']],
    [['snapshot', 'enable', 'web-1', '--every', '6', '--keep', '0']],
    [['snapshot', 'delete', 'a/b', '--yes']],
    [['sandbox', 'advance', '-1d']],
    [['sandbox', 'start', '--port', '99999']],
  ])('is refused with an example of what is right: %j', async (args) => {
    const ended = await run(...args, '--json')
    const { error } = documentOf<Failure>(ended)
    expect({ code: ended.code, said: error.code }).toEqual({
      code: 2,
      said: expect.stringMatching(/INVALID_INPUT|USAGE/),
    })
  })

  it('is refused before the account is even looked at', async () => {
    const nobody = { home: around.home }
    const ended = await azlin(['backup', 'list', 'we b', '--json'], nobody)
    expect(documentOf<Failure>(ended).error.code).toBe('INVALID_INPUT')
  })
})

describe('a setting that is missing', () => {
  it.each([
    ['AZURE_SUBSCRIPTION_ID', '--subscription'],
    ['AZLIN_RESOURCE_GROUP', '-g'],
  ])('is named with the ways to give it: %s', async (variable, flag) => {
    const ended = await azlin(['backup', 'list', 'web-1'], { home: around.home, env: { ...account, [variable]: '' } })
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain(variable)
    expect(ended.stderr).toContain(flag)
  })
})

describe('commands that delete or overwrite', () => {
  it.each([
    [['backup', 'restore', 'web-1', '--backup', 'web-1-backup-daily-20261122-010203']],
    [['snapshot', 'restore', 'web-1', 'web-1-snapshot-20261122-010203']],
    [['snapshot', 'delete', 'web-1-snapshot-20261122-010203']],
    [['cleanup']],
  ])('refuse without a terminal and without --yes: %j', async (args) => {
    const ended = await run(...args, '--json')
    expect(documentOf<Failure>(ended).error).toMatchObject({
      code: 'CONFIRMATION_NEEDED',
      hint: expect.stringContaining('--yes'),
    })
    expect(ended.code).toBe(2)
  })

  it('say that --interactive needs a terminal', async () => {
    const ended = await run('backup', 'restore', 'web-1', '--interactive', '--yes')
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain('--backup')
  })
})

describe('help', () => {
  const manifest = JSON.parse(readFileSync(join(packageRoot, 'oclif.manifest.json'), 'utf8')) as {
    commands: Record<
      string,
      { id: string; summary?: string; examples?: unknown[]; pluginName?: string; hidden?: boolean }
    >
  }
  const own = Object.values(manifest.commands).filter(({ id }) => !/^(help|autocomplete)/.test(id))

  it('has a summary and an example for every command', () => {
    expect(own.length).toBeGreaterThanOrEqual(22)
    const bare = own.filter(({ summary, examples = [] }) => !summary || examples.length === 0)
    expect(bare.map(({ id }) => id)).toEqual([])
  })

  it.each([
    [[]],
    [['--help']],
    [['-h']],
    [['backup']],
    [['backup', '--help']],
    [['backup', 'trigger', '-h']],
    [['help', 'backup', 'trigger']],
  ])('is printed on standard output: %j', async (args: string[]) => {
    const { code, stdout, stderr } = await run(...args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('USAGE')
  })

  it('loads neither the SDK nor SQLite', async () => {
    const chunks = join(packageRoot, 'dist', 'chunks')
    const loaded = `data:text/javascript,${encodeURIComponent(
      "import { Module } from 'node:module'; process.on('exit', () => console.error(Object.keys(Module._cache).join('\\n')))",
    )}`
    const env = { ...account, NODE_OPTIONS: `--import=${loaded}` }
    const { code, stderr } = await azlin(['backup', 'trigger', '--help'], { ...around, env })
    const heavy = readdirSync(chunks).filter((file) =>
      /ComputeManagementClient|better-sqlite3/.test(readFileSync(join(chunks, file), 'utf8')),
    )
    expect(code).toBe(0)
    expect(stderr).toContain(join('dist', 'main.js'))
    expect(heavy.length).toBeGreaterThan(0)
    expect(heavy.filter((file) => stderr.includes(file))).toEqual([])
  })
})

describe('the version', () => {
  it('is printed with --version', async () => {
    const { code, stdout } = await run('--version')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^azlin\/\d+\.\d+\.\d+ /)
  })
})
