/**
 * esbuild plugin: leaves out of the SDK's clients the operation groups that src names nowhere. A client makes all of
 * its groups (galleries, scale sets, gateways, …), so without this every one of them is in the bundle and is read at
 * every start that needs one of them.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../steps.js'

const clients = /node_modules\/@azure\/arm-\w+\/dist\/.*ManagementClient\.js$/
/** `this.snapshots = …` in a client's constructor. */
const group = /^\s+this\.(\w+) = (?:new \w+Impl\(this\)|_get\w+Operations\(this\._client\));$/gm

export const trimmedClients = {
  name: 'trimmed-clients',
  setup(build) {
    const used = wordsIn('src/azure')
    build.onLoad({ filter: clients }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(group, (line, name) => (used.has(name) ? line : '')),
      loader: 'js',
    }))
  },
}

/** Every word there: a group may be used as `client.snapshots` or taken out as `{ snapshots }`. */
function wordsIn(folder) {
  const files = readdirSync(join(root, folder), { recursive: true }).filter((file) => file.endsWith('.ts'))
  const texts = files.map((file) => readFileSync(join(root, folder, file), 'utf8'))
  return new Set(texts.flatMap((text) => text.match(/\w+/g) ?? []))
}
