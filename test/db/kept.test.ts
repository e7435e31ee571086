/** Nothing of better-sqlite3 is collected, which Node.js 24 does not survive. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from '@jest/globals'

const run = promisify(execFile)
const connect = new URL('../../src/db/connect.js', import.meta.url).href

it('statements and databases stay as long as the process, closed ones too', async () => {
  const home = mkdtempSync(join(tmpdir(), 'azlin-kept-'))
  try {
    const script = `
      import { connect } from ${JSON.stringify(connect)}
      import { setImmediate as turn } from 'node:timers/promises'
      const open = (name) => {
        const db = connect(${JSON.stringify(home)} + '/' + name)
        const statement = db.prepare('select 1 as one')
        statement.get()
        db.close()
        return [new WeakRef(statement), new WeakRef(statement.database)]
      }
      const seen = ['a.db', 'b.db'].flatMap(open)
      const control = new WeakRef({})
      await turn()
      gc()
      await turn()
      console.log(JSON.stringify([control, ...seen].map((one) => one.deref() !== undefined)))`
    const { stdout } = await run(process.execPath, ['--expose-gc', '--input-type=module', '-e', script])
    expect(JSON.parse(stdout)).toEqual([false, true, true, true, true])
  } finally {
    rmSync(home, { recursive: true })
  }
})
