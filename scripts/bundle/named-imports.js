/**
 * esbuild plugin: `const { Client } = await import('@azure/…')` brings in what it names. esbuild keeps all that a package
 * exports when it is imported so; a module between that exports just these names lets it leave out the rest.
 */
import { readFileSync } from 'node:fs'

const importing = /\{([\w\s,]+)\} = await import\(\s*'([^']+)'\s*\)|import\('([^']+)'\)\.then\(\(\{([\w\s,]+)\}\)/g

export const namedImports = {
  name: 'named-imports',
  setup(build) {
    build.onResolve({ filter: /^@azure\// }, ({ path, kind, importer, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined
      const names = namesTaken(readFileSync(importer, 'utf8'), path)
      if (names === undefined) return undefined
      // esbuild tells modules apart by their whole path, and names a chunk after the end of it.
      return { path: `${names}/${path}`, namespace: 'named-import', pluginData: { path, names, resolveDir } }
    })
    build.onLoad({ filter: /.*/, namespace: 'named-import' }, ({ pluginData: { path, names, resolveDir } }) => ({
      contents: `export { ${names} } from '${path}'`,
      resolveDir,
      loader: 'js',
    }))
  },
}

/** Undefined when the file imports the package in some other form too: then all of it is kept. */
function namesTaken(source, path) {
  const taken = [...source.matchAll(importing)].filter(([, , first, second]) => (first ?? second) === path)
  const imports = source.split(`import('${path}')`).length - 1
  if (taken.length === 0 || taken.length < imports) return undefined
  const names = taken.flatMap(([, first, , , second]) => (first ?? second).split(',').map((name) => name.trim()))
  return [...new Set(names.filter(Boolean))].sort().join(', ')
}
