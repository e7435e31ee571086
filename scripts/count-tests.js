/** Prints `N passed, N failed` from jest's result file. A test file that could not run counts as one failure. */
import { existsSync, readFileSync } from 'node:fs'

const [file, ended] = process.argv.slice(2)

function count() {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 }
  const jest = JSON.parse(readFileSync(file, 'utf8'))
  const failed = jest.numFailedTests + jest.numRuntimeErrorTestSuites
  return {
    passed: jest.numPassedTests,
    // npm test says that something failed: never a line that looks like success.
    failed: ended === '0' ? failed : Math.max(failed, 1),
    skipped: jest.numPendingTests + jest.numTodoTests,
  }
}

const { passed, failed, skipped } = count()
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
