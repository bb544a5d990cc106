import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { makeAuthority } from '@portcullis/http1/fixture/make-certificate'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { certificateFaults } from './fault.ts'
import { certificateFolder, type TestCertificateFolder } from './fixture/certificate-folder.ts'
import { readCertificates } from './read-certificates.ts'

const authority = makeAuthority()
const one = authority.issue(['one.example'])
const two = authority.issue(['two.example', '*.two.example'])
const DAY = 86_400_000

const sealedKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'sesame' })
  .toString()

describe('reading the folder of certificates', () => {
  let folder: TestCertificateFolder
  beforeEach(() => {
    folder = certificateFolder()
  })
  afterEach(() => folder[Symbol.dispose]())

  const read = (now = Date.now()) => readCertificates({ path: folder.path, minVersion: 'TLSv1.2' }, now)

  test('takes every pair, with the names of its certificate', async () => {
    folder.put('two', two)
    folder.put('one', one)
    const { tls, names, expiries } = await read()
    expect(tls).toEqual({ certificates: [one, two], minVersion: 'TLSv1.2', ticketKeys: expect.anything() })
    expect(tls.ticketKeys).toHaveLength(48)
    expect(names).toEqual({ one: ['one.example'], two: ['two.example', '*.two.example'] })
    expect(Math.max(...expiries.map((each) => each.at)) - Date.now()).toBeLessThanOrEqual(DAY)
  })

  test('shows `default` to clients that ask for no name, though it has none itself', async () => {
    folder.put('a', one)
    folder.put('default', authority.issue(['127.0.0.1']))
    expect(Object.keys((await read()).names)).toEqual(['default', 'a'])
  })

  test('takes a chain, and a key that its group may read', async () => {
    folder.put('one', { ...one, certificate: `${one.certificate}\n${authority.certificate}` }, 0o640)
    expect((await read()).names).toEqual({ one: ['one.example'] })
  })

  test('leaves hidden and other files alone', async () => {
    folder.put('one', one)
    folder.write('.two.key', 'no key')
    folder.write('README', 'no key either')
    expect(Object.keys((await read()).names)).toEqual(['one'])
  })

  type Spoil = (folder: TestCertificateFolder) => void
  test.each<[string, keyof typeof certificateFaults, string, Spoil]>([
    ['that is not there', 'no-folder', 'cannot be listed', (it) => it[Symbol.dispose]()],
    ['without certificates', 'none-there', 'has no pair', () => undefined],
    ['with a certificate alone', 'no-partner', 'one.key', (it) => it.write('one.crt', one.certificate)],
    ['with a key alone', 'no-partner', 'one.crt', (it) => it.write('one.key', one.key)],
    [
      'with an empty certificate',
      'unreadable',
      'one.crt',
      (it) => it.put('one', { ...one, certificate: '' }),
    ],
    [
      'with what is no certificate',
      'unreadable',
      'one.crt',
      (it) => it.put('one', { ...one, certificate: one.key }),
    ],
    [
      'with a chain whose end is cut off',
      'unreadable',
      'one.crt',
      (it) => it.put('one', { ...one, certificate: one.certificate + authority.certificate.slice(0, 200) }),
    ],
    ['with what is no key', 'unreadable', 'one.key', (it) => it.put('one', { ...one, key: one.certificate })],
    [
      'with a key under a passphrase',
      'unreadable',
      'one.key',
      (it) => it.put('one', { ...one, key: sealedKey }),
    ],
    [
      'with a file beyond all measure',
      'unreadable',
      'more than 262144 bytes',
      (it) => it.put('one', { ...one, certificate: one.certificate + ' '.repeat(300_000) }),
    ],
    ['with the key of another', 'mismatched', 'one.key', (it) => it.put('one', { ...one, key: two.key })],
    [
      'with a chain that begins at its end',
      'mismatched',
      'one.crt',
      (it) => it.put('one', { ...one, certificate: authority.certificate + one.certificate }),
    ],
    ['with a key that everybody may read', 'exposed', '644', (it) => it.put('one', one, 0o644)],
    ['with a key that everybody may write', 'exposed', '602', (it) => it.put('one', one, 0o602)],
    [
      'with an expired certificate',
      'expired',
      'one.crt',
      (it) => it.put('one', authority.issue(['a.example'], true)),
    ],
    [
      'with a certificate for no name beside others',
      'nameless',
      'two.crt',
      (it) => {
        it.put('one', one)
        it.put('two', authority.issue(['127.0.0.1']))
      },
    ],
    [
      'with two certificates for one name',
      'name-twice',
      'one.crt and two.crt are for two.example',
      (it) => {
        it.put('one', authority.issue(['two.example']))
        it.put('two', two)
      },
    ],
  ])('refuses a folder %s', async (_, code, told, spoil) => {
    spoil(folder)
    const { detail, ...fault } = await read().catch((thrown) => thrown)
    expect(fault).toMatchObject({ code: certificateFaults[code].code })
    expect(detail).toContain(told)
    expect(JSON.stringify({ ...fault, detail })).not.toContain('PRIVATE KEY')
  })

  test('reads by what clients are recognised: authorities, and what they have revoked', async () => {
    folder.put('one', one)
    const other = makeAuthority('Another Authority')
    folder.write('clients.pem', `${authority.certificate}\n${other.certificate}`)
    folder.write('revoked.pem', authority.revoke([one]) + other.revoke([]))
    const file = (name: string): string => join(folder.path, name)
    const client = {
      mode: 'required',
      authorities: file('clients.pem'),
      revocations: file('revoked.pem'),
    } as const
    const { tls, expiries } = await readCertificates(
      { path: folder.path, minVersion: 'TLSv1.2', client },
      Date.now(),
    )
    expect(tls.clientCertificates).toBe('required')
    expect(expiries.map((each) => each.name)).toEqual([
      'one',
      'client-authority 1',
      'client-authority 2',
      'client-revocations 1',
      'client-revocations 2',
    ])
    for (const { name, at } of expiries)
      if (name.startsWith('client-revo')) expect(at - Date.now()).toBeGreaterThan(80_000_000)
    expect(tls.clientAuthorities).toEqual([authority.certificate, other.certificate])
    expect(tls.clientRevocations).toHaveLength(2)
    for (const spoilt of ['', one.key, authority.certificate.slice(0, 200), authority.revoke([])]) {
      folder.write('clients.pem', spoilt)
      await expect(
        readCertificates({ path: folder.path, minVersion: 'TLSv1.2', client }, Date.now()),
      ).rejects.toThrow(expect.objectContaining({ code: certificateFaults.unreadable.code }))
    }
  })

  test('refuses a certificate before its time', async () => {
    folder.put('one', one)
    await expect(read(Date.now() - 30 * DAY)).rejects.toThrow(/not valid before/)
  })

  test('refuses one bad pair among good ones: all or nothing', async () => {
    folder.put('one', one)
    folder.put('two', { ...two, key: one.key })
    await expect(read()).rejects.toThrow(/two\.key/)
  })

  test('refuses more certificates than it takes', async () => {
    for (let i = 0; i <= 1_000; i++) {
      folder.write(`${i}.crt`, '')
      folder.write(`${i}.key`, '')
    }
    await expect(read()).rejects.toThrow(
      expect.objectContaining({ code: certificateFaults['too-many'].code }),
    )
  })
})
