import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineFaults } from '@portcullis/kernel/fault'
import { copyDatabase } from '@portcullis/sqlite/copy-database'
import { exportFaults } from '../local/write-bundle.ts'
import { type Command, positional, required } from './command.ts'

export const backupFaults = defineFaults('backup', {
  'of-database': {
    status: 400,
    title: 'The state lies in a database, which has backups of its own',
    remedy: 'Use pg_dump, or the continuous archiving of PostgreSQL: docs/how-to/back-up-and-restore.md.',
  },
  nothing: {
    status: 400,
    title: 'There is nothing to copy',
    remedy: 'Run it in the folder where Portcullis was started, or set PORTCULLIS_HOME.',
  },
})

/** Whole databases, of which a copy of the file may be half a change. */
const DATABASES = ['store.sqlite', 'decisions.sqlite']
const FILES = ['revision-key.json', 'settings.yaml']
const FOLDERS = ['credentials']

export const backup: Command = {
  name: 'backup',
  summary:
    'Copy the state of the home folder into a new folder, also while Portcullis runs; the master key is not copied',
  usage: '-f DIR',
  options: { file: { type: 'string', short: 'f', meaning: 'The folder to write; it must be new or empty.' } },
  examples: ['backup -f backups/friday'],
  guide: 'docs/how-to/back-up-and-restore.md',
  async run(call) {
    positional(call)
    const folder = required(call, 'file')
    const { home, storeUrl } = call.settings
    if (storeUrl !== undefined) throw backupFaults['of-database']()
    const databases = DATABASES.filter((name) => existsSync(join(home, name)))
    if (databases.length === 0) throw backupFaults.nothing({ detail: `${home} holds no store.` })
    if (existsSync(folder) && readdirSync(folder).length > 0)
      throw exportFaults['not-empty']({ detail: `${folder} holds files already.` })
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const name of databases) copyDatabase(join(home, name), join(folder, name))
    for (const name of present(home, FILES)) copyFileSync(join(home, name), join(folder, name))
    for (const name of present(home, FOLDERS))
      cpSync(join(home, name), join(folder, name), { recursive: true })
    call.print(`Copied ${home} to ${folder}.`)
    call.print(
      `Not copied: ${join(home, 'master.key')}. Without it the copy opens nothing: keep it elsewhere.`,
    )
    return 0
  },
}

const present = (home: string, names: readonly string[]): string[] =>
  names.filter((name) => existsSync(join(home, name)))
