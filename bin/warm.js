/**
 * Loads the chunks that nearly every start needs out of one file, with the code that V8 made of them when azlin was
 * built: reading, parsing and compiling them one by one takes longer than all else that a short command does.
 */
const { readFileSync } = require('node:fs')
const Module = require('node:module')
const { dirname, join, sep } = require('node:path')
const { Script } = require('node:vm')

/** V8 takes no code that another version of it made. */
exports.codeFileIn = (dist) => join(dist, `warm-${process.version}-${process.platform}-${process.arch}.code`)

/**
 * `warm.js` as a script whose value is an object: by their paths in `dist`, the chunks as functions. Undefined where
 * there is no such file, or no code for this Node.js with these options: then the chunks are loaded as they lie there.
 */
exports.warmScript = (dist, code = readIfThere(exports.codeFileIn(dist))) => {
  // Plain ASCII, as esbuild writes it.
  const source = code && readIfThere(join(dist, 'warm.js'))?.latin1Slice()
  if (source === undefined) return undefined
  const script = new Script(source, { filename: join(dist, 'warm.js'), ...(code.length > 0 && { cachedData: code }) })
  return script.cachedDataRejected ? undefined : script
}

/**
 * A `require` that takes from the script what it holds: of a path in dist with slashes, as esbuild writes it. The rest
 * shares its modules: none is ever there twice.
 */
exports.requireFrom = (script, dist) => {
  const chunks = script.runInThisContext()
  const plain = Module.createRequire(join(dist, 'main.js'))
  const modules = new Map()
  const load = (path) => {
    const known = modules.get(path)
    if (known) return known.exports
    const file = join(dist, path)
    const run = chunks[path]
    if (run === undefined || require.cache[file]) return plain(file)
    const module = new Module(file)
    module.filename = file
    modules.set(path, module)
    require.cache[file] = module
    const folder = path.slice(0, path.lastIndexOf('/') + 1)
    run(
      module.exports,
      Object.assign((id) => requireIn(folder, id), { resolve: plain.resolve }),
      module,
      file,
      dirname(file),
    )
    module.loaded = true
    return module.exports
  }
  const requireIn = (folder, id) => {
    if (id.startsWith('.')) return load(within(folder, id))
    // A command, which oclif names by its whole path.
    if (id.startsWith(dist + sep)) return load(id.slice(dist.length + 1).replaceAll(sep, '/'))
    return plain(id)
  }
  return load
}

/** What `id` means in a folder, which ends with a slash or is empty. `path.resolve` for all of them takes milliseconds. */
function within(folder, id) {
  if (id.startsWith('./')) return folder + id.slice(2)
  if (id.startsWith('../')) return within(folder.slice(0, folder.slice(0, -1).lastIndexOf('/') + 1), id.slice(3))
  return folder + id
}

function readIfThere(file) {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}
