import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { manualClock } from '@portcullis/ports/clock/memory'
import { openSqliteStore } from '@portcullis/sqlite/store'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { exportFaults } from '../local/write-bundle.ts'
import { readSettings } from '../setting/read-settings.ts'
import { backup, backupFaults } from './backup.ts'

let home: string
let folder: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'portcullis-backup-'))
  folder = join(home, 'copies', 'friday')
})
afterEach(() => rmSync(home, { recursive: true }))

const run = (environment: Record<string, string> = {}): Promise<number> =>
  backup.run({
    settings: readSettings({ PORTCULLIS_HOME: home, ...environment }),
    values: { file: folder },
    positionals: [],
    print: () => undefined,
    warn: () => undefined,
  })

it('copies store and credentials of a home folder that is in use, and never the master key', async () => {
  const store = await openSqliteStore({ file: join(home, 'store.sqlite'), clock: manualClock() })
  mkdirSync(join(home, 'credentials', 'system'), { recursive: true })
  writeFileSync(join(home, 'credentials', 'system', 'gateway.secret'), 'x')
  writeFileSync(join(home, 'master.key'), 'key')
  expect(await run()).toBe(0)
  expect(readdirSync(folder).toSorted()).toEqual(['credentials', 'store.sqlite'])
  expect(readFileSync(join(folder, 'credentials', 'system', 'gateway.secret'), 'utf8')).toBe('x')
  await store.close()
  const copy = await openSqliteStore({ file: join(folder, 'store.sqlite'), clock: manualClock() })
  await copy.close()
  await expect(run()).rejects.toThrow(expect.objectContaining({ code: exportFaults['not-empty'].code }))
})

it('makes no folder where there is nothing to copy, or where the state lies in a database', async () => {
  await expect(run()).rejects.toThrow(expect.objectContaining({ code: backupFaults.nothing.code }))
  const shared = { PORTCULLIS_STORE_URL: 'postgres://a@localhost/b', PORTCULLIS_MASTER_KEY: 'x' }
  await expect(run(shared)).rejects.toThrow(
    expect.objectContaining({ code: backupFaults['of-database'].code }),
  )
  expect(existsSync(folder)).toBe(false)
})
