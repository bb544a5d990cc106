import { createSecretKey, randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '@portcullis/kernel/secret'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadMasterKey, masterKeyFaults } from './master-key.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-master-key-'))
  file = join(folder, 'home', 'master.key')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function refusal(options: Parameters<typeof loadMasterKey>[0]): Promise<unknown> {
  return loadMasterKey(options).catch((thrown: unknown) => thrown)
}

describe('the master key in a file', () => {
  it('is made on the first start, for the owner alone, and is the same ever after', async () => {
    const first = await loadMasterKey({ file })
    const { mode, size } = await stat(file)
    expect([mode & 0o777, size]).toEqual([0o600, 32])
    expect((await stat(join(folder, 'home'))).mode & 0o777).toBe(0o700)
    expect((await loadMasterKey({ file })).equals(first)).toBe(true)
  })

  it('is one key for many processes that start for the first time at once, with nothing left over', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => loadMasterKey({ file })))
    expect(keys.every((key) => key.equals(keys[0] ?? key))).toBe(true)
    expect(await readdir(join(folder, 'home'))).toEqual(['master.key'])
  })

  it('is another one in another installation', async () => {
    const other = await loadMasterKey({ file: join(folder, 'other', 'master.key') })
    expect((await loadMasterKey({ file })).equals(other)).toBe(false)
  })

  it.each([0o640, 0o604, 0o660, 0o644, 0o601])(
    'is refused when others have rights to it: %o',
    async (mode) => {
      await loadMasterKey({ file })
      await chmod(file, mode)
      const fault = await refusal({ file })
      expect(masterKeyFaults.exposed.is(fault)).toBe(true)
      expect(fault).toMatchObject({ message: expect.stringContaining(mode.toString(8)) })
    },
  )

  it.each([0, 16, 31, 33, 4096])('is refused with %s bytes, and not made anew', async (bytes) => {
    await loadMasterKey({ file })
    const wrong = randomBytes(bytes)
    await writeFile(file, wrong)
    expect(masterKeyFaults.malformed.is(await refusal({ file }))).toBe(true)
    expect(await readFile(file)).toEqual(wrong)
  })

  it('is refused when its bytes are not random', async () => {
    await loadMasterKey({ file })
    await writeFile(file, Buffer.alloc(32))
    expect(masterKeyFaults.malformed.is(await refusal({ file }))).toBe(true)
  })

  it('is unavailable where it cannot be read or made', async () => {
    await writeFile(join(folder, 'plain'), '')
    expect(masterKeyFaults.unavailable.is(await refusal({ file: folder }))).toBe(true)
    expect(masterKeyFaults.unavailable.is(await refusal({ file: join(folder, 'plain', 'key') }))).toBe(true)
  })
})

describe('the master key from the environment', () => {
  const bytes = randomBytes(32)

  it.each([
    ['base64', bytes.toString('base64')],
    ['base64url', bytes.toString('base64url')],
    ['hex', bytes.toString('hex')],
    ['upper-case hex', bytes.toString('hex').toUpperCase()],
    ['base64 with a line break', `${bytes.toString('base64')}\n`],
  ])('is read as %s and leaves the file alone', async (_, env) => {
    const key = await loadMasterKey({ file, env: new Secret(env) })
    expect(key.equals(createSecretKey(bytes))).toBe(true)
    expect(await readdir(folder)).toEqual([])
  })

  it.each([
    '',
    'secret',
    'A'.repeat(43),
    '0'.repeat(64),
    bytes.toString('hex').slice(1),
    `${bytes.toString('hex')}00`,
    `${bytes.toString('base64')}A`,
    randomBytes(31).toString('base64'),
    randomBytes(33).toString('base64'),
  ])('is refused when it is not one, without showing it: %#', async (env) => {
    const fault = await refusal({ file, env })
    expect(masterKeyFaults.malformed.is(fault)).toBe(true)
    if (env !== '') expect(String(fault)).not.toContain(env)
    expect(await readdir(folder)).toEqual([])
  })
})
