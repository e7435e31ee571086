/**
 * esbuild plugin: modules of Node.js come in through `require`. An `import` of node:fs reads all that it exports, and
 * with that loads streams and more that is otherwise loaded when it is first used.
 */
import { isBuiltin } from 'node:module'

export const builtins = {
  name: 'builtins',
  setup(build) {
    build.onResolve({ filter: /^node:|^[a-z_0-9]+(\/promises)?$/ }, ({ path, kind }) => {
      const name = path.startsWith('node:') ? path : `node:${path}`
      if (kind !== 'import-statement' || !isBuiltin(name)) return undefined
      return { path: name, namespace: 'builtin' }
    })
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require('${path}')`,
      loader: 'js',
    }))
  },
}
