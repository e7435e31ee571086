import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, it } from '@jest/globals'

describe('docs/errors.md', () => {
  it('lists the errors that there are, as they are worded (npm run docs writes it)', async () => {
    await promisify(execFile)(process.execPath, ['scripts/docs.js', '--check'])
  })
})
