// Compiled tests run without a transform: what is tested is what ships.
const build = process.env.AZLIN_BUILD_DIR ?? 'build'
export default {
  testEnvironment: 'node',
  transform: {},
  testMatch: [`<rootDir>/${build}/test/**/*.test.js`],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  testTimeout: 60_000,
}
