/**
 * esbuild plugin: the SDK takes its random UUIDs from the global `crypto`, for whose sake Node.js loads the whole of Web
 * Crypto. `node:crypto` has the same function and is there already.
 */
export const plainUuids = {
  name: 'plain-uuids',
  setup(build) {
    build.onLoad({ filter: /ts-http-runtime\/dist\/.*\/util\/uuidUtils\.js$/ }, () => ({
      contents: `export { randomUUID } from 'node:crypto'`,
      loader: 'js',
    }))
  },
}
