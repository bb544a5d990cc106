import { storeFaults } from '@portcullis/ports/store/port'
import type { DatabaseDescription } from './database.ts'

/**
 * Texts compare by the bytes of UTF-8 (BINARY), which is code-point order. The value stands last, so that the other
 * columns are read without walking through it.
 */
export const storeDatabase: DatabaseDescription = {
  mark: 'PcSt',
  synchronous: 'full',
  unavailable: storeFaults.unavailable,
  migrations: [
    `CREATE TABLE document (
      key INTEGER PRIMARY KEY,
      organization TEXT NOT NULL,
      collection TEXT NOT NULL,
      id TEXT NOT NULL,
      version INTEGER NOT NULL,
      expires_at INTEGER,
      value TEXT NOT NULL,
      UNIQUE (organization, collection, id)
    ) STRICT;
    CREATE INDEX document_expiry ON document (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE attribute (
      organization TEXT NOT NULL,
      collection TEXT NOT NULL,
      name TEXT NOT NULL,
      value TEXT NOT NULL,
      id TEXT NOT NULL,
      document INTEGER NOT NULL REFERENCES document (key) ON DELETE CASCADE,
      PRIMARY KEY (organization, collection, name, value, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX attribute_document ON attribute (document);`,
  ],
}
