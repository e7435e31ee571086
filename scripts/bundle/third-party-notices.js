/** The licences of the packages whose code is inside the bundle: most ask that their notice travels with it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../steps.js'

/** `inputs` are esbuild's input files, relative to the root. */
export function thirdPartyNotices(inputs) {
  const folders = new Set(inputs.map(packageFolder).filter(Boolean))
  const notices = [...folders].sort().map((folder) => notice(join(root, folder)))
  return `azlin contains code of these packages.\n\n${notices.join('\n')}`
}

/** The last node_modules in a path is the one that the file belongs to. */
const packageFolder = (file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]

function notice(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^(licen[sc]e|copying)/i.test(entry))
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`
  return `${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${text}\n`
}
