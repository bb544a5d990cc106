import { constants, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Algorithm, algorithms, type Keys, keysFaults, type VerificationKey } from './port.ts'

export interface KeysUnderTest {
  readonly keys: Keys
  /** Publishes a set of public keys as an issuer of this name; resolves to the set's address. */
  publish(issuer: string, set: readonly VerificationKey[]): Promise<string>
  /** An address at which nobody answers. */
  readonly nowhere: string
  close(): Promise<void>
}

/** What every finder of keys guarantees. */
export function keysContract(name: string, open: () => Promise<KeysUnderTest>): void {
  describe(`keys contract: ${name}`, () => {
    let under: KeysUnderTest

    beforeEach(async () => {
      under = await open()
    })
    afterEach(() => under.close())

    it.each(algorithms)('finds a key of %s with which its signatures verify', async (algorithm) => {
      const pair = newKeyPair(algorithm)
      const uri = await under.publish('hmart', [keyOf('one', algorithm, pair.publicKey)])
      const found = await under.keys.find(uri, 'one')
      expect(found).toMatchObject({ kid: 'one', algorithm })
      expect(found?.key.type).toBe('public')
      expect(signatureVerifies(algorithm, pair.privateKey, found?.key)).toBe(true)
    })

    it('answers at once for a key that it knows', async () => {
      const uri = await under.publish('hmart', [newKey('one', 'ES256')])
      await under.keys.find(uri, 'one')
      expect(under.keys.find(uri, 'one')).not.toBeInstanceOf(Promise)
    })

    it('tells keys of one issuer apart by their ids', async () => {
      const set = algorithms.map((algorithm) => newKey(algorithm, algorithm))
      const uri = await under.publish('hmart', set)
      for (const { kid, algorithm, key } of set) {
        const found = await under.keys.find(uri, kid)
        expect(found?.algorithm).toBe(algorithm)
        expect(found?.key.equals(key)).toBe(true)
      }
    })

    it('never gives the key of one issuer for another, also where their ids are the same', async () => {
      const [ours, theirs] = [newKey('one', 'ES256'), newKey('one', 'ES256')]
      const [hmart, acme] = [await under.publish('hmart', [ours]), await under.publish('acme', [theirs])]
      expect((await under.keys.find(hmart, 'one'))?.key.equals(ours.key)).toBe(true)
      expect((await under.keys.find(acme, 'one'))?.key.equals(theirs.key)).toBe(true)
      expect(await under.keys.find(await under.publish('other', [newKey('two', 'ES256')]), 'one')).toBe(
        undefined,
      )
    })

    it.each(['two', '', 'ONE', '__proto__', 'constructor', 'one\u0000', '*', 'x'.repeat(10_000)])(
      'has no key for an id that the issuer does not have: %j',
      async (kid) => {
        const uri = await under.publish('hmart', [newKey('one', 'ES256')])
        expect(await under.keys.find(uri, kid)).toBe(undefined)
      },
    )

    it('has no key of an issuer that has none', async () => {
      expect(await under.keys.find(await under.publish('hmart', []), 'one')).toBe(undefined)
    })

    it('rejects, and does not say that there is no such key, when an issuer was never reached', async () => {
      const asked = Promise.resolve(under.keys.find(under.nowhere, 'one'))
      expect(keysFaults.unavailable.is(await asked.catch((thrown: unknown) => thrown))).toBe(true)
    })
  })
}

const curves: ReadonlyMap<Algorithm, string> = new Map([
  ['ES256', 'P-256'],
  ['ES384', 'P-384'],
  ['ES512', 'P-521'],
])

export function newKey(kid: string, algorithm: Algorithm): VerificationKey {
  return keyOf(kid, algorithm, newKeyPair(algorithm).publicKey)
}

function keyOf(kid: string, algorithm: Algorithm, key: KeyObject): VerificationKey {
  return { kid, algorithm, key }
}

function newKeyPair(algorithm: Algorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  const namedCurve = curves.get(algorithm)
  if (namedCurve !== undefined) return generateKeyPairSync('ec', { namedCurve })
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  if (algorithm === 'ML-DSA-65') return generateKeyPairSync('ml-dsa-65')
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

function signatureVerifies(algorithm: Algorithm, privateKey: KeyObject, key: KeyObject | undefined): boolean {
  const data = Buffer.from('header.payload')
  const hashesItself = algorithm === 'EdDSA' || algorithm === 'ML-DSA-65'
  const digest = hashesItself ? null : `sha${algorithm.slice(2)}`
  const padding = algorithm.startsWith('PS') ? { padding: constants.RSA_PKCS1_PSS_PADDING } : {}
  const signature = sign(digest, data, { key: privateKey, ...padding })
  return key !== undefined && verify(digest, data, { key, ...padding }, signature)
}
