/**
 * Runs azlin and writes down, when it has ended well, either which files of dist it loaded (`files <report>`) or the
 * code that V8 made of the warm ones (`code`). The rest of the command line is azlin's.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative, sep } from 'node:path'
import { codeFileIn, requireFrom, warmScript } from '../../bin/warm.js'
import { root } from '../steps.js'

const dist = join(root, 'dist')
const [what, ...rest] = process.argv.slice(2)
const require = createRequire(import.meta.url)

if (what === 'files') {
  const [report, ...argv] = rest
  atGoodEnd(() => {
    const loaded = Object.keys(require.cache).filter((file) => file.startsWith(dist + sep))
    writeFileSync(report, JSON.stringify(loaded.map((file) => relative(dist, file))))
  })
  require(join(dist, 'main.js')).main(argv, root)
} else {
  // The code of the runs before is kept: what any of them used is in it in the end.
  const script = warmScript(dist) ?? warmScript(dist, Buffer.alloc(0))
  atGoodEnd(() => {
    const file = codeFileIn(dist)
    writeFileSync(`${file}.new`, script.createCachedData())
    renameSync(`${file}.new`, file)
  })
  requireFrom(script, dist)('main.js').main(rest, root)
}

function atGoodEnd(write) {
  process.on('exit', (code) => {
    if (code === 0) write()
  })
}
