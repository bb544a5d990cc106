import { defineFaults } from '@portcullis/kernel/fault'

export const postgresFaults = defineFaults('postgres', {
  'bad-url': {
    status: 400,
    title: 'The address of the PostgreSQL server cannot be used',
    remedy:
      'Write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE, with `?sslmode=verify-full` and, for an authority of your own, `&sslrootcert=FILE`.',
  },
  unfit: {
    status: 503,
    title: 'The PostgreSQL database is not fit for this',
    remedy: 'Use PostgreSQL 13 or later, and a database whose encoding is UTF8.',
  },
  newer: {
    status: 503,
    title: 'The PostgreSQL database was written by a newer release',
    remedy:
      'Start the release that wrote it, or a newer one. An older one would not understand what is there.',
  },
})
