import { storeFaults } from '@portcullis/ports/store/port'
import type { DatabaseDescription } from './database.ts'

/** Texts compare by the bytes of UTF-8 (collation "C"), which is code-point order. */
export const storeDatabase: DatabaseDescription = {
  part: 'store',
  unavailable: storeFaults.unavailable,
  migrations: [
    `CREATE TABLE document (
      key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      organization text COLLATE "C" NOT NULL,
      collection text COLLATE "C" NOT NULL,
      id text COLLATE "C" NOT NULL,
      version bigint NOT NULL,
      expires_at bigint,
      value text NOT NULL,
      UNIQUE (organization, collection, id)
    );
    CREATE INDEX document_expiry ON document (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE attribute (
      organization text COLLATE "C" NOT NULL,
      collection text COLLATE "C" NOT NULL,
      name text COLLATE "C" NOT NULL,
      value text COLLATE "C" NOT NULL,
      id text COLLATE "C" NOT NULL,
      document bigint NOT NULL REFERENCES document (key) ON DELETE CASCADE,
      PRIMARY KEY (organization, collection, name, value, id)
    );
    CREATE INDEX attribute_document ON attribute (document);`,
  ],
}
