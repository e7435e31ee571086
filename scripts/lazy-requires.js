/**
 * esbuild plugin: the modules of @oclif/core load each other, and their libraries, when first used and not at once.
 * Most commands need a template engine, a globber and a semver parser at no time, and loading them is half the start.
 *
 * The TypeScript compiler writes every import as `const name_1 = require("…")` and every use as `name_1.thing`, so the
 * constant can as well be a getter. What does not have this form stays as it is.
 */
import { readFile } from 'node:fs/promises'

const imported = /^const (\w+_\d+) = ((?:__import(?:Default|Star)\()?require\("[^"]+"\)\)?);$/gm

const prelude = `const $imports = {};
function $once(load) { let value; return () => (value ??= load()); }
`

export const lazyRequires = {
  name: 'lazy-requires',
  setup(build) {
    build.onLoad({ filter: /node_modules\/@oclif\/core\/lib\/.*\.js$/ }, async ({ path }) => ({
      contents: lazily(await readFile(path, 'utf8')),
      loader: 'js',
    }))
  },
}

/** Exported for its test. */
export function lazily(source) {
  const names = [...source.matchAll(imported)].map(([, name]) => name)
  if (names.length === 0) return source
  const uses = new RegExp(`\\b(?=(?:${names.join('|')})\\.)`, 'g')
  return (
    source
      .replace(uses, '$imports.')
      .replace(imported, (_, name, load) => `Object.defineProperty($imports, '${name}', { get: $once(() => ${load}) });`)
      .replace('Object.defineProperty($imports,', `${prelude}$&`)
      // azlin's own package.json says which Node.js it wants, and npm has read that.
      .replace(/^checkNodeVersion\(\);$/m, '')
  )
}
