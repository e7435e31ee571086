/**
 * esbuild plugin for packages that are imported at every start and used at few: a property of such a package is looked
 * up, and the package with it, when it is first used.
 */
const packages = {
  // Signs in with a certificate.
  jsonwebtoken: `module.exports = new Proxy({}, { get: (_, name) => require('jsonwebtoken')[name] })`,
  // Loaded to find that nothing is to be written.
  debug: `module.exports = (name) => (...told) => { if (process.env.DEBUG) require('debug')(name)(...told) }`,
  // A native package that only orders ssh2's ciphers; without it they have their usual order.
  'cpu-features': `throw new Error('not bundled')`,
  // Tells Linux from Linux on Windows, for oclif's user agent, which azlin shows nowhere.
  'wsl-utils': 'exports.isWsl = false',
}

export const lazyPackages = {
  name: 'lazy-packages',
  setup(build) {
    const named = new RegExp(`^(${Object.keys(packages).join('|')})$`)
    build.onResolve({ filter: named }, ({ path, namespace, resolveDir }) =>
      namespace === 'lazy-package' ? undefined : { path, namespace: 'lazy-package', pluginData: { resolveDir } },
    )
    build.onLoad({ filter: named, namespace: 'lazy-package' }, ({ path, pluginData }) => ({
      contents: packages[path],
      resolveDir: pluginData.resolveDir,
      loader: 'js',
    }))
  },
}
