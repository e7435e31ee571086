/** `npm run soak -- --drills 1000`: drills in a row while Azure misbehaves. At least 99.9 % must succeed, and nothing may be left. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { setUp } from './setup.js'
import { Problem, root, run, runPackage, script } from './steps.js'

await script(async () => {
  const { values } = parseArgs({ options: { drills: { type: 'string', default: '1000' } } })
  if (!/^[1-9]\d{0,5}$/.test(values.drills)) throw new Problem('--drills needs a number from 1 to 999999.')
  await setUp()
  await runPackage('typescript/bin/tsc', ['-p', 'tsconfig.json'])
  await run(process.execPath, [join(root, 'build/test/soak/soak.js'), values.drills], {
    failed: 'The soak missed its target.',
  })
})
