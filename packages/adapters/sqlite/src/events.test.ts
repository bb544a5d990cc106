import { join } from 'node:path'
import { eventsContract } from '@portcullis/ports/events/contract'
import { onTestFinished } from 'vitest'
import { openSqliteEvents } from './events.ts'
import { temporaryFolder } from './temporary-folder.ts'

eventsContract('sqlite events', () =>
  openSqliteEvents({ file: join(temporaryFolder(onTestFinished), 'events.db') }),
)
