import { eventsFaults } from '@portcullis/ports/events/port'
import type { DatabaseDescription } from './database.ts'

/**
 * Every index ends with the order in which records are given, so that a page costs what it holds. What not every
 * record has is indexed for those that have it.
 */
export const eventsDatabase: DatabaseDescription = {
  mark: 'PcEv',
  synchronous: 'normal',
  unavailable: eventsFaults.unavailable,
  migrations: [
    `CREATE TABLE decision (
      key INTEGER PRIMARY KEY,
      organization TEXT NOT NULL,
      id TEXT NOT NULL,
      at INTEGER NOT NULL,
      environment TEXT NOT NULL,
      api TEXT,
      operation TEXT,
      client TEXT,
      outcome TEXT NOT NULL,
      code TEXT,
      record TEXT NOT NULL,
      UNIQUE (organization, id)
    ) STRICT;
    CREATE INDEX decision_age ON decision (at);
    CREATE INDEX decision_all ON decision (organization, at, id);
    CREATE INDEX decision_environment ON decision (organization, environment, at, id);
    CREATE INDEX decision_api ON decision (organization, api, at, id) WHERE api IS NOT NULL;
    CREATE INDEX decision_operation ON decision (organization, operation, at, id) WHERE operation IS NOT NULL;
    CREATE INDEX decision_client ON decision (organization, client, at, id) WHERE client IS NOT NULL;
    CREATE INDEX decision_outcome ON decision (organization, outcome, at, id);
    CREATE INDEX decision_code ON decision (organization, code, at, id) WHERE code IS NOT NULL;`,
    `CREATE TABLE observed (
      key INTEGER PRIMARY KEY,
      organization TEXT NOT NULL,
      at INTEGER NOT NULL,
      environment TEXT NOT NULL,
      policy TEXT NOT NULL,
      origin TEXT NOT NULL,
      code TEXT NOT NULL,
      api TEXT,
      operation TEXT,
      client TEXT
    ) STRICT;
    CREATE INDEX observed_age ON observed (at);
    CREATE INDEX observed_all ON observed (organization, at);`,
  ],
}
