/**
 * esbuild plugin: what some packages make the moment they are loaded is made when it is first used. Most commands never
 * use it, and making it is half of the time they take to start.
 *
 * Such a package has constants of a known form, used as `name.thing`; each becomes a getter. What does not have this
 * form stays as it is.
 */
import { readFile } from 'node:fs/promises'

const packages = [
  {
    // All of its modules load each other and their libraries: a template engine, a globber, a semver parser.
    files: /node_modules\/@oclif\/core\/lib\/.*\.js$/,
    constants: /^const (\w+_\d+) = ((?:__import(?:Default|Star)\()?require\("[^"]+"\)\)?);$/gm,
    quicker: (source) =>
      source
        // For the order of some plain words, a dictionary's order of all languages is read.
        .replaceAll('.sort((a, b) => a.id.localeCompare(b.id))', '.sort((a, b) => (a.id < b.id ? -1 : 1))')
        // For two small files, Node.js's reading by promises with all that it stands on.
        .replace(/await \(0, [\w$.]+\.readFile\)\(path, 'utf8'\)/g, "require('node:fs').readFileSync(path, 'utf8')"),
  },
  {
    // Unicode tables, for text that is not plain ASCII.
    files: /node_modules\/string-width\/index\.js$/,
    constants: /^const (\w+) = (new Intl\.Segmenter\(\)|\/.+\/v);$/gm,
  },
]

export const lazyConstants = {
  name: 'lazy-constants',
  setup(build) {
    for (const { files, constants, quicker = (source) => source } of packages) {
      build.onLoad({ filter: files }, async ({ path }) => ({
        contents: quicker(lazily(await readFile(path, 'utf8'), constants)),
        loader: 'js',
      }))
    }
  },
}

const once = `const $lazy = {};
function $once(make) { let value; return () => (value ??= make()); }
`

function lazily(source, constants) {
  const names = [...source.matchAll(constants)].map(([, name]) => name)
  if (names.length === 0) return source
  const uses = new RegExp(`\\b(?=(?:${names.join('|')})\\.)`, 'g')
  const asArguments = new RegExp(`(?<=\\()(?=(?:${names.join('|')})\\))`, 'g')
  return source
    .replace(uses, '$lazy.')
    .replace(asArguments, '$lazy.')
    .replace(constants, (_, name, make) => `Object.defineProperty($lazy, '${name}', { get: $once(() => ${make}) });`)
    .replace('Object.defineProperty($lazy,', `${once}$&`)
}
