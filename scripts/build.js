/**
 * Bundles src into dist: a file for each command, shared code in chunks of its own, dynamic imports as lazy chunks.
 * A bundled start reads a handful of files where an unbundled one reads a thousand; of those that nearly every start
 * reads, one file is made, with the code that V8 makes of it.
 *
 * Everything goes through one esbuild run, so that the runner and the commands share one copy of @oclif/core. oclif's
 * own plugins are bundled as commands of azlin; oclif would otherwise search the disk for each at every start.
 *
 * npm runs this as `prepare` too, also where the development packages were left out: then there is nothing to do.
 */
import { existsSync, readdirSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lazyBuiltins } from './bundle/lazy-builtins.js'
import { lazyConstants } from './bundle/lazy-constants.js'
import { lazyPackages } from './bundle/lazy-packages.js'
import { namedImports } from './bundle/named-imports.js'
import { plainCopies } from './bundle/plain-copies.js'
import { plainUuids } from './bundle/plain-uuids.js'
import { thirdPartyNotices } from './bundle/third-party-notices.js'
import { trimmedClients } from './bundle/trimmed-clients.js'
import { makeWarmStart } from './bundle/warm-start.js'
import { Problem, root, script } from './steps.js'

const dist = join(root, 'dist')

/**
 * What is not bundled: a native package, those that oclif tries only while one develops an oclif program, and a native
 * part that ssh2 does without where it is not found.
 */
const external = ['better-sqlite3', 'pnpapi', 'ts-node', 'tsx', 'typescript', '*/sshcrypto.node']

async function build() {
  const esbuild = await loadEsbuild()
  if (!esbuild) return console.log('The development packages are not installed, so dist is left as it is.')

  const fresh = await mkdtemp(join(root, 'node_modules/.azlin-dist-'))
  try {
    const { metafile, outputFiles } = await bundle(esbuild, {
      absWorkingDir: root,
      entryPoints: entryPoints(),
      outdir: fresh,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      chunkNames: 'chunks/[name]-[hash]',
      define: {
        // No form is ever sent, and Node.js loads its whole fetch only to answer `typeof FormData`.
        FormData: 'undefined',
        // Which Node.js azlin wants stands in its own package.json.
        'process.env.OCLIF_DISABLE_ENGINE_WARNING': '"1"',
      },
      external,
      plugins: [lazyBuiltins, lazyConstants, lazyPackages, namedImports, plainCopies, plainUuids, trimmedClients],
      // Names stay as they are: they are told, and to set each of thousands anew costs more than their length does.
      minifySyntax: true,
      minifyWhitespace: true,
      legalComments: 'none',
      metafile: true,
      write: false,
      logLevel: 'warning',
    })
    for (const { path, text } of outputFiles) await writeAsScript(esbuild, path, text)
    await writeFile(join(fresh, 'package.json'), '{ "type": "commonjs" }\n')
    await writeFile(join(fresh, 'third-party-notices.txt'), thirdPartyNotices(Object.keys(metafile.inputs)))
    // A program that runs from dist meanwhile finds the old one or the new one whole.
    await chmod(fresh, 0o755)
    await rm(dist, { recursive: true, force: true })
    await rename(fresh, dist)
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
  await writeManifest()
  await makeWarmStart().catch((error) => console.log(`azlin will start more slowly: ${error.message}`))
}

/**
 * esbuild splits only ES modules into chunks; V8 gives out the code it made only of scripts. What is imported when it is
 * first used is a `require` within the chunk from here on.
 */
async function writeAsScript(esbuild, path, text) {
  const { code } = await esbuild.transform(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '$url' },
    banner: text.includes('import.meta.url') ? "const $url = require('node:url').pathToFileURL(__filename).href;" : '',
    minifyWhitespace: true,
    // It warned when it read the sources.
    logLevel: 'error',
  })
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, withoutCopies(code))
}

/** To be safe with any CommonJS module, esbuild hands out copies of what it exports, name by name, and copies that again. */
function withoutCopies(code) {
  return code
    .replace(/module\.exports=__toCommonJS\((\w+)\)/, 'module.exports=$1')
    .replaceAll(/__toESM\((require\("\.[^"]+"\))\)/g, '$1')
}

/** esbuild has printed what is wrong by then. */
async function bundle(esbuild, options) {
  try {
    return await esbuild.build(options)
  } catch {
    throw new Problem('The bundle could not be built.')
  }
}

async function loadEsbuild() {
  try {
    return await import('esbuild')
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || process.env.npm_lifecycle_event !== 'prepare') throw error
    // A package without dist would install, and then not run.
    if (['pack', 'publish'].includes(process.env.npm_command) && !existsSync(join(dist, 'main.js')))
      throw new Problem('There is nothing to pack yet. First run: npm ci')
    return undefined
  }
}

function entryPoints() {
  const commands = filesBelow('src/commands').map((file) => [file.slice('src/'.length, -'.ts'.length), file])
  const help = fileURLToPath(new URL('commands', import.meta.resolve('@oclif/plugin-help')))
  const completion = fileURLToPath(new URL('commands/autocomplete', import.meta.resolve('@oclif/plugin-autocomplete')))
  return {
    ...Object.fromEntries(commands),
    main: 'src/main.ts',
    'sandbox/main': 'src/sandbox/main.ts',
    'commands/help': join(help, 'help.js'),
    'commands/autocomplete/index': join(completion, 'index.js'),
    'commands/autocomplete/create': join(completion, 'create.js'),
    'commands/autocomplete/script': join(completion, 'script.js'),
  }
}

const filesBelow = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort()

/** What oclif knows of the commands without loading them; a command's own file is read only when it runs. */
async function writeManifest() {
  const file = join(root, 'oclif.manifest.json')
  await rm(file, { force: true })
  const { Plugin } = await import('@oclif/core')
  const plugin = new Plugin({ root, ignoreManifest: true, errorOnManifestCreate: true })
  await plugin.load()
  const commands = Object.entries(plugin.manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1))
  await writeFile(file, JSON.stringify({ ...plugin.manifest, commands: Object.fromEntries(commands) }))
}

await script(build)
