// The part of better-sqlite3 that the Personal Data Server and Kysely use, on the SQLite inside Node.

import { DatabaseSync } from 'node:sqlite'

const BUSY = new Map([
  [5, 'SQLITE_BUSY'],
  [6, 'SQLITE_LOCKED'],
  [517, 'SQLITE_BUSY_SNAPSHOT'],
  [1555, 'SQLITE_CONSTRAINT_PRIMARYKEY'],
  [2067, 'SQLITE_CONSTRAINT_UNIQUE'],
])

const named = (act) => {
  try {
    return act()
  } catch (error) {
    if (error.code === 'ERR_SQLITE_ERROR') error.code = BUSY.get(error.errcode) ?? 'SQLITE_ERROR'
    throw error
  }
}

// better-sqlite3 gives Buffers and ordinary objects.
const plain = (row) => {
  const found = { ...row }
  for (const [name, value] of Object.entries(found)) {
    if (value instanceof Uint8Array) found[name] = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  }
  return found
}

class Statement {
  constructor(statement) {
    this.statement = statement
    this.reader = statement.columns().length > 0
  }

  all(parameters = []) {
    return named(() => this.statement.all(...parameters).map(plain))
  }

  run(parameters = []) {
    return named(() => this.statement.run(...parameters))
  }

  *iterate(parameters = []) {
    for (const row of this.statement.iterate(...parameters)) yield plain(row)
  }
}

export default class Database {
  constructor(location, { timeout = 0 } = {}) {
    this.database = new DatabaseSync(location, { timeout })
  }

  prepare(sql) {
    return new Statement(named(() => this.database.prepare(sql)))
  }

  pragma(words) {
    return this.prepare(`PRAGMA ${words}`).all()
  }

  close() {
    this.database.close()
  }
}
