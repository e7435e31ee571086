/**
 * esbuild plugin for modules of Node.js that packages import at every start and use at few: each is loaded when something
 * of it is first used. Node.js keeps a part of its own modules ready and compiles the rest when they are asked for.
 */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const modules = /^(?:node:)?(assert|child_process|fs\/promises|perf_hooks|timers\/promises|zlib)$/

export const lazyBuiltins = {
  name: 'lazy-builtins',
  setup(build) {
    // What is imported dynamically is lazy as it is.
    build.onResolve({ filter: modules }, ({ path, namespace, kind }) =>
      namespace === 'lazy-builtin' || kind === 'dynamic-import'
        ? { path, external: true }
        : { path, namespace: 'lazy-builtin' },
    )
    build.onLoad({ filter: modules, namespace: 'lazy-builtin' }, ({ path }) => ({
      contents: standIn(path),
      loader: 'js',
    }))
  },
}

/** Its properties are enumerable, so that `import { name }` and a star import find them. */
function standIn(path) {
  const whole = require(path)
  const getters = Object.keys(whole).map((name) => `get ${name}() { return require('${path}').${name} }`)
  const called = typeof whole === 'function' ? `(...given) => require('${path}')(...given)` : '{}'
  return `module.exports = Object.defineProperties(${called}, Object.getOwnPropertyDescriptors({${getters}}))`
}
