import { join } from 'node:path'
import { storeContract } from '@portcullis/ports/store/contract'
import { onTestFinished } from 'vitest'
import { openSqliteStore } from './store.ts'
import { temporaryFolder } from './temporary-folder.ts'

storeContract('sqlite store', (clock) =>
  openSqliteStore({ file: join(temporaryFolder(onTestFinished), 'store.db'), clock }),
)
