// Compiled tests run without a transform: what is tested is what ships.
const build = process.env.AZLIN_BUILD_DIR ?? 'build'
/**
 * Node.js 24 does not survive that a database is collected (src/db/connect.ts), and jest lets go of all that a file of
 * tests held when it is through: there each file has a process of its own.
 */
const ownProcesses = Number(process.versions.node.split('.')[0]) >= 24 && { workerIdleMemoryLimit: 2 }

export default {
  testEnvironment: 'node',
  transform: {},
  testMatch: [`<rootDir>/${build}/test/**/*.test.js`],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  testTimeout: 60_000,
  ...ownProcesses,
}
