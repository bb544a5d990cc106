import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Fault } from '@portcullis/kernel/fault'
import { storeFaults } from '@portcullis/ports/store/port'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startChild } from './child/start-child.ts'
import { type DataFolderLock, lockDataFolder } from './data-folder.ts'
import { temporaryFolder } from './temporary-folder.ts'

function lock(folder: string): DataFolderLock {
  const held = lockDataFolder(folder)
  onTestFinished(() => held.release())
  return held
}

function refusalOf(folder: string): Fault {
  try {
    lockDataFolder(folder).release()
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown
    throw thrown
  }
  throw new Error('it was not refused')
}

describe('the lock of a data folder', () => {
  it('creates the folder and its files for this user alone', () => {
    const folder = join(temporaryFolder(onTestFinished), 'a', 'b')
    lock(folder)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    const modes = readdirSync(folder).map((file) => statSync(join(folder, file)).mode & 0o777)
    expect(modes).toEqual(modes.map(() => 0o600))
  })

  it('is refused to the same process, naming folder and process, until it is released', () => {
    const folder = temporaryFolder(onTestFinished)
    const first = lock(folder)
    const fault = refusalOf(folder)
    expect(storeFaults.locked.is(fault)).toBe(true)
    expect(fault.detail).toBe(`The data folder "${folder}" is in use by process ${process.pid}.`)
    expect(storeFaults.locked.is(refusalOf(relative('.', folder)))).toBe(true)
    first.release()
    first.release()
    const second = lock(folder)
    first.release()
    expect(storeFaults.locked.is(refusalOf(folder))).toBe(true)
    second.release()
    lock(folder)
  })

  it('is refused while another process has it, and given once that was killed with kill -9', async () => {
    const folder = temporaryFolder(onTestFinished)
    const child = startChild('hold-folder.ts', folder)
    onTestFinished(() => child.kill())
    await child.started()
    const fault = refusalOf(folder)
    expect(storeFaults.locked.is(fault)).toBe(true)
    expect(fault.detail).toBe(`The data folder "${folder}" is in use by process ${child.pid}.`)
    // Being refused must not have taken it from its holder.
    expect(storeFaults.locked.is(refusalOf(folder))).toBe(true)
    await child.kill()
    lock(folder)
    expect(refusalOf(folder).detail).toContain(`process ${process.pid}.`)
  })

  it('is refused to another process while this one has it', async () => {
    const folder = temporaryFolder(onTestFinished)
    const held = lock(folder)
    // Nor may a refusal within the process take it away: POSIX locks go when any descriptor of the file is closed.
    expect(storeFaults.locked.is(refusalOf(folder))).toBe(true)
    const refused = startChild('hold-folder.ts', folder)
    await expect(refused.started()).rejects.toThrow(`is in use by process ${process.pid}`)
    held.release()
    const allowed = startChild('hold-folder.ts', folder)
    onTestFinished(() => allowed.kill())
    await allowed.started()
    expect(storeFaults.locked.is(refusalOf(folder))).toBe(true)
  })

  it('outlives every garbage collection, although nobody keeps it', async () => {
    const folder = temporaryFolder(onTestFinished)
    const child = startChild('drop-lock.ts', folder)
    onTestFinished(() => child.kill())
    await child.started()
    expect(storeFaults.locked.is(refusalOf(folder))).toBe(true)
  })

  it('names nobody where the name that was left is of nobody alive', () => {
    const folder = temporaryFolder(onTestFinished)
    lock(folder)
    for (const left of ['', 'x', '-1', '0', '999999999']) {
      writeFileSync(join(folder, 'lock.pid'), left)
      expect(refusalOf(folder).detail).toBe(`The data folder "${folder}" is in use by another process.`)
    }
  })

  it('is no lock where the folder cannot be used, and says which folder that is', () => {
    const file = join(temporaryFolder(onTestFinished), 'file')
    writeFileSync(file, '')
    const fault = refusalOf(join(file, 'folder'))
    expect(storeFaults.unavailable.is(fault)).toBe(true)
    expect(fault.detail).toContain(join(file, 'folder'))
    expect(fault.remedy).toContain('PORTCULLIS_HOME')
    expect(existsSync(join(file, 'folder'))).toBe(false)
  })
})
