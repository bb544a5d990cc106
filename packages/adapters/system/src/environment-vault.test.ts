import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vaultContract } from '@portcullis/ports/vault/contract'
import { vaultFaults } from '@portcullis/ports/vault/port'
import { afterEach, describe, expect, it } from 'vitest'
import { environmentNameOf, openEnvironmentVault } from './environment-vault.ts'

const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'vault-'))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

vaultContract('environment', (secrets) => {
  const named = Object.entries(secrets).map(([name, value]) => [environmentNameOf(name), value])
  return openEnvironmentVault({ environment: Object.fromEntries(named) })
})

vaultContract('folder', (secrets) => openEnvironmentVault({ environment: {}, folder: folderOf(secrets) }))

describe('openEnvironmentVault', () => {
  it('leaves out the line break with which editors end a file, and nothing else', () => {
    const vault = openEnvironmentVault({
      environment: {},
      folder: folderOf({ one: 'a b \n', two: 'x\n\n', three: 'y\r\n' }),
    })
    expect(['one', 'two', 'three'].map((name) => vault.secret(name).reveal())).toEqual(['a b ', 'x\n', 'y'])
  })

  it('prefers the environment', () => {
    const vault = openEnvironmentVault({
      environment: { PORTCULLIS_SECRET_ONE: 'new' },
      folder: folderOf({ one: 'old' }),
    })
    expect(vault.secret('one').reveal()).toBe('new')
  })

  it('takes no file that is far too large for a secret', () => {
    const vault = openEnvironmentVault({ environment: {}, folder: folderOf({ one: 'x'.repeat(65_537) }) })
    expect(() => vault.secret('one')).toThrow(expect.objectContaining({ code: vaultFaults.unknown().code }))
  })
})
