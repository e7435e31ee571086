/**
 * Loads the chunks that nearly every start needs out of one file, with the code that V8 made of them when azlin was
 * built: reading, parsing and compiling them one by one takes longer than all else that a short command does.
 */
const { readFileSync } = require('node:fs')
const Module = require('node:module')
const { dirname, join, resolve } = require('node:path')
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

/** A `require` that takes from the script what it holds. The rest shares its modules: none is ever there twice. */
exports.requireFrom = (script, dist) => {
  const chunks = new Map(Object.entries(script.runInThisContext()).map(([path, run]) => [join(dist, path), run]))
  const plain = Module.createRequire(join(dist, 'main.js'))
  const load = (file) => {
    const known = require.cache[file]
    if (known) return known.exports
    const run = chunks.get(file)
    if (run === undefined) return plain(file)
    const module = new Module(file)
    module.filename = file
    require.cache[file] = module
    const folder = dirname(file)
    const requireHere = (id) => (/^\.?\.?\//.test(id) ? load(resolve(folder, id)) : plain(id))
    run(module.exports, Object.assign(requireHere, { resolve: plain.resolve }), module, file, folder)
    module.loaded = true
    return module.exports
  }
  return load
}

function readIfThere(file) {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}
