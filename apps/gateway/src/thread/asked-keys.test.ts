import { generateKeyPairSync } from 'node:crypto'
import { manualClock } from '@portcullis/ports/clock/memory'
import { keysFaults, type VerificationKey } from '@portcullis/ports/keys/port'
import { beforeEach, describe, expect, test } from 'vitest'
import { openAskedKeys } from './asked-keys.ts'

const URI = 'http://issuer.example/jwks'
const keyOf = (kid: string): VerificationKey => ({
  kid,
  algorithm: 'EdDSA',
  key: generateKeyPairSync('ed25519').publicKey,
})

describe('keys that another thread finds', () => {
  const clock = manualClock()
  const one = keyOf('one')
  let there: VerificationKey[] | 'away'
  let asked: string[]
  beforeEach(() => {
    there = [one]
    asked = []
  })

  const open = (maxKeys = 100) =>
    openAskedKeys({
      clock,
      maxKeys,
      ask: async (jwksUri, kid) => {
        asked.push(`${jwksUri} ${kid}`)
        if (there === 'away') throw keysFaults.unavailable()
        return there.find((each) => each.kid === kid)
      },
    })
  const settle = () => new Promise((resolve) => setImmediate(resolve))

  test('are asked for once by all who want one at the moment, and then known', async () => {
    const keys = open()
    expect(await Promise.all([keys.find(URI, 'one'), keys.find(URI, 'one')])).toEqual([one, one])
    expect(keys.find(URI, 'one')).toBe(one)
    expect(asked).toEqual([`${URI} one`])
  })

  test('are asked for again when the issuer had no such key, so that a new one is good at once', async () => {
    const keys = open()
    expect(await keys.find(URI, 'two')).toBeUndefined()
    const two = keyOf('two')
    there = [one, two]
    expect(await keys.find(URI, 'two')).toBe(two)
  })

  test('go out of use soon after the issuer took them back', async () => {
    const keys = open()
    await keys.find(URI, 'one')
    there = []
    clock.advance(5_001)
    expect(keys.find(URI, 'one')).toBe(one)
    await settle()
    expect(await keys.find(URI, 'one')).toBeUndefined()
  })

  test('are not used on trust when nobody asked for them for a long time', async () => {
    const keys = open()
    await keys.find(URI, 'one')
    there = []
    clock.advance(60_001)
    expect(await keys.find(URI, 'one')).toBeUndefined()
  })

  test('stay in use while the other thread cannot say, and an unknown one is an outage then', async () => {
    const keys = open()
    await keys.find(URI, 'one')
    there = 'away'
    clock.advance(5_001)
    expect(keys.find(URI, 'one')).toBe(one)
    await settle()
    expect(keys.find(URI, 'one')).toBe(one)
    await expect(keys.find(URI, 'two')).rejects.toMatchObject({ code: 'keys.unavailable' })
  })

  test('are remembered in bounded memory, and those of two issuers are never mixed up', async () => {
    const keys = open(1)
    await keys.find(URI, 'one')
    await keys.find('http://other.example/jwks', 'one')
    await keys.find(URI, 'one')
    expect(asked).toEqual([`${URI} one`, 'http://other.example/jwks one', `${URI} one`])
  })
})
