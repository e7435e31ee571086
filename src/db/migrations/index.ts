import type { MigrationProvider } from 'kysely'
import { up as first } from './0001-first.js'
import { up as replication } from './0002-replication.js'
import { up as verification } from './0003-verification.js'
import { up as drills } from './0004-drills.js'
import { up as subscriptions } from './0005-subscriptions.js'

/** Listed by hand: a folder scan finds different files in src and in a bundle. */
export const migrations: MigrationProvider = {
  getMigrations: async () => ({
    '0001-first': { up: first },
    '0002-replication': { up: replication },
    '0003-verification': { up: verification },
    '0004-drills': { up: drills },
    '0005-subscriptions': { up: subscriptions },
  }),
}
