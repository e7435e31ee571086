import Database from 'better-sqlite3'

const kept: unknown[] = []

/** `azlin.db` past azlin's own code. As there (src/db/connect.ts), nothing of it is collected while anything runs. */
export function rawDatabase(file: string, options?: Database.Options): Database.Database {
  const raw = new Database(file, options)
  const prepare = raw.prepare.bind(raw)
  kept.push(raw)
  Reflect.set(raw, 'prepare', (text: string) => {
    const statement = prepare(text)
    kept.push(statement)
    return statement
  })
  return raw
}
