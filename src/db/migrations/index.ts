import type { MigrationProvider } from 'kysely'
import { up as first } from './0001-first.js'

/** Listed by hand: a folder scan finds different files in src and in a bundle. */
export const migrations: MigrationProvider = {
  getMigrations: async () => ({ '0001-first': { up: first } }),
}
