import { defineFaults } from '@portcullis/kernel/fault'

/** Files that are refused when they are opened. What fails later is `store.unavailable` or `events.unavailable`. */
export const sqliteFaults = defineFaults('sqlite', {
  damaged: {
    status: 503,
    title: 'A database file is damaged',
    remedy:
      'Restore it from a backup. To begin anew instead, move it away together with the files beside it that end in -wal and -shm.',
  },
  newer: {
    status: 503,
    title: 'A database file was written by a newer version',
    remedy: 'Start that version or one after it, or restore a backup that was made before the upgrade.',
  },
  foreign: {
    status: 503,
    title: 'A file belongs to another program',
    remedy: 'Move it away, or choose another data folder with PORTCULLIS_HOME.',
  },
})
