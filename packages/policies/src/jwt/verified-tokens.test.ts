import { generateKeyPairSync } from 'node:crypto'
import { testExchange } from '@portcullis/policy-kit/test-kit'
import { type Keys, keysFaults, type VerificationKey } from '@portcullis/ports/keys/port'
import { describe, expect, it } from 'vitest'
import { readyAssertion } from '../token/claim-assertion.ts'
import { jwtFaults } from './contract.ts'
import { ownExpectations } from './expectations.ts'
import { jwt as typed } from './policy.ts'
import type { Expectations } from './rules.ts'
import { testPorts } from './test-call.ts'
import { AUDIENCE, ISSUER, keysOf, makeToken, NOW, verificationKey } from './test-issuer.ts'
import { verifiedTokens } from './verified-tokens.ts'
import { verifyToken } from './verify.ts'

const expected = ownExpectations({ issuer: ISSUER, jwksUri: 'https://auth.example/hmart/jwks' }, AUDIENCE)

/** Keys that change as the test says, and that count how often they were asked. */
function changingKeys() {
  const state = { keys: keysOf(), asked: 0 }
  const keys: Keys = {
    find(uri, kid) {
      state.asked++
      return state.keys.find(uri, kid)
    },
  }
  const verify = (token: string, now = NOW, changes: Partial<Expectations> = {}) => {
    const wanted = [{ ...expected, ...changes }]
    const remembered = verifiedTokens(keys, wanted)
    return verifyToken(token, { expected: wanted, keys, remembered }, now, '192.0.2.1')
  }
  return { state, verify }
}

const noKeys: Keys = { find: () => undefined }

describe('a verified token is remembered', () => {
  it('so that its signature is verified once', () => {
    const { verify } = changingKeys()
    const token = makeToken()
    expect(verify(token)).toBe(verify(token))
  })

  it('in its whole length: with another signature or payload it is another token', () => {
    const { verify } = changingKeys()
    const [header, payload, signature] = makeToken().split('.') as [string, string, string]
    const [, otherPayload] = makeToken({ claims: { sub: 'root' } }).split('.') as [string, string, string]
    const [, , otherSignature] = makeToken({ claims: { sub: 'root' } }).split('.') as [string, string, string]
    verify(`${header}.${payload}.${signature}`)
    expect(() => verify(`${header}.${payload}.${otherSignature}`)).toThrow(jwtFaults['bad-signature'].title)
    expect(() => verify(`${header}.${otherPayload}.${signature}`)).toThrow(jwtFaults['bad-signature'].title)
  })

  it('for each of its audiences by itself, and under no others', () => {
    const { verify } = changingKeys()
    const token = makeToken({ claims: { aud: [AUDIENCE, 'https://api.example/other/v1'] } })
    const mine = verify(token)
    const other = verify(token, NOW, { audiences: ['https://api.example/other/v1'] })
    expect(other).not.toBe(mine)
    expect(verify(token)).toBe(mine)
    expect(verify(token, NOW, { audiences: ['https://api.example/other/v1'] })).toBe(other)
    expect(() => verify(token, NOW, { audiences: ['https://api.example/third/v1'] })).toThrow(
      jwtFaults['wrong-audience'].title,
    )
  })

  it('under a bounded number of expectations', () => {
    const { verify } = changingKeys()
    const token = makeToken()
    const verified = Array.from({ length: 10 }, (_, i) => verify(token, NOW, { clockSkewMillis: i }))
    expect(verify(token, NOW, { clockSkewMillis: 9 })).toBe(verified[9])
    expect(verify(token, NOW, { clockSkewMillis: 0 })).not.toBe(verified[0])
  })

  it('with claims that nobody can change for the calls that follow', () => {
    const { verify } = changingKeys()
    const token = makeToken({ claims: { act: { sub: 'a', roles: ['b'] } } })
    verify(token)
    const { claims } = verify(token) as { claims: Record<string, { roles: string[] }> }
    expect(() => {
      claims.sub = claims.act as never
    }).toThrow(TypeError)
    expect(() => claims.act?.roles.push('c')).toThrow(TypeError)
  })

  it('through a revision that says the same of its issuer and audience', () => {
    const keys = keysOf()
    const token = makeToken()
    const of = () => {
      const same = [{ ...expected }]
      return verifyToken(
        token,
        { expected: same, keys, remembered: verifiedTokens(keys, same) },
        NOW,
        '192.0.2.1',
      )
    }
    expect(of()).toBe(of())
  })
})

describe('a remembered token is refused', () => {
  it('from the moment on at which it ends', () => {
    const { verify } = changingKeys()
    const token = makeToken()
    verify(token, NOW + 309_999)
    expect(() => verify(token, NOW + 310_000)).toThrow(jwtFaults.expired.title)
  })

  it('before the moment at which it begins', () => {
    const { verify } = changingKeys()
    const token = makeToken({ claims: { nbf: NOW / 1000 } })
    verify(token)
    expect(() => verify(token, NOW - 10_001)).toThrow(jwtFaults['not-yet-valid'].title)
  })

  it('from the moment on at which it is too old, although it has not ended', () => {
    const { verify } = changingKeys()
    const token = makeToken({ claims: { iat: NOW / 1000 } })
    const young = { maxAgeMillis: 60_000 }
    verify(token, NOW + 69_999, young)
    verify(token, NOW + 69_999, young)
    expect(() => verify(token, NOW + 70_000, young)).toThrow(jwtFaults['too-old'].title)
  })

  it('by an API for which it was not issued, although another API has accepted it', () => {
    const { verify } = changingKeys()
    const token = makeToken()
    verify(token)
    expect(() => verify(token, NOW, { audiences: ['https://api.example/orders/v1'] })).toThrow(
      jwtFaults['wrong-audience'].title,
    )
  })

  it.each([
    [{ issuer: 'https://auth.example/other' }, 'wrong-issuer'],
    [{ assertions: [readyAssertion({ claim: '/acr', present: true })] }, 'refused-claim'],
    [{ maxAgeMillis: 60_000 }, 'too-old'],
    [{ clockSkewMillis: 0 }, 'expired'],
  ] as const)('where more is expected than where it was accepted: %j', (changes, fault) => {
    const { verify } = changingKeys()
    const token = makeToken()
    const justOver = NOW + 305_000
    verify(token, justOver)
    expect(() => verify(token, justOver, changes)).toThrow(
      expect.objectContaining({ code: `jwt.${fault}` }) as Error,
    )
  })

  it('as soon as the issuer no longer publishes its key', () => {
    const { state, verify } = changingKeys()
    const token = makeToken()
    verify(token)
    state.keys = noKeys
    expect(() => verify(token)).toThrow(jwtFaults['unknown-key'].title)
  })

  it('as soon as another key has the name of the one that signed it', () => {
    const { state, verify } = changingKeys()
    const token = makeToken()
    verify(token)
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
    state.keys = { find: () => ({ kid: 'ES256', algorithm: 'ES256', key }) }
    expect(() => verify(token)).toThrow(jwtFaults['bad-signature'].title)
  })

  it('when the same key is for another algorithm now', () => {
    const { state, verify } = changingKeys()
    const token = makeToken({ algorithm: 'RS256' })
    verify(token)
    const now: VerificationKey = { ...verificationKey('RS256'), algorithm: 'PS256' }
    state.keys = { find: () => now }
    expect(() => verify(token)).toThrow(jwtFaults['wrong-algorithm'].title)
  })

  it('while nobody can say whether its key still stands', async () => {
    const { state, verify } = changingKeys()
    const token = makeToken()
    verify(token)
    state.keys = { find: () => Promise.reject(keysFaults.unavailable()) }
    await expect(verify(token)).rejects.toThrow(keysFaults.unavailable.title)
  })
})

describe('a remembered token', () => {
  it('asks for its key with every call, and waits for it', async () => {
    const { state, verify } = changingKeys()
    const token = makeToken()
    const first = verify(token)
    const { keys } = state
    state.keys = { find: async (uri, kid) => keys.find(uri, kid) }
    expect(await verify(token)).toBe(first)
    expect(state.asked).toBe(2)
  })

  it('needs no verification when its issuer’s keys were fetched anew and are the same', () => {
    const { state, verify } = changingKeys()
    const token = makeToken()
    const first = verify(token)
    const { key } = verificationKey('ES256')
    // The same numbers in an object of its own, as a second fetch brings them.
    state.keys = { find: () => ({ ...verificationKey('ES256'), key }) }
    expect(verify(token)).toBe(first)
    expect(verify(token)).toBe(first)
  })
})

it('remembers nothing of a token that was refused', () => {
  const { state, verify } = changingKeys()
  const token = makeToken()
  const { keys } = state
  state.keys = noKeys
  expect(() => verify(token)).toThrow(jwtFaults['unknown-key'].title)
  state.keys = keys
  expect(verify(token)).toMatchObject({ client: 'robot' })
})

it('gives calls with one token one principal, and an API with other schemes one of its own', () => {
  const keys = keysOf()
  const bind = (schemes: string[]) =>
    typed.bind(
      typed.contract.config.parse({}),
      { ...testPorts(), keys },
      {
        step: 's',
        mode: 'enforce',
        expression: () => () => undefined,
        addressList: () => [],
        facts: {
          schemes,
          issuer: ISSUER,
          jwksUri: 'x',
          audience: AUDIENCE,
          externalApps: [],
          documentApps: [],
          left: 'none',
        },
      },
    )
  const token = makeToken()
  const principalOf = (bound: ReturnType<typeof bind>) => {
    const verdict = bound.onRequest?.(
      testExchange({ headers: { Authorization: `Bearer ${token}` }, receivedAt: NOW }),
    )
    return verdict !== undefined && 'changes' in verdict ? verdict.changes?.identity : undefined
  }
  const login = bind(['login'])
  expect(principalOf(login)).toMatchObject({ schemes: ['login'] })
  expect(principalOf(login)).toBe(principalOf(login))
  expect(principalOf(bind(['key']))).toMatchObject({ schemes: ['key'] })
})
