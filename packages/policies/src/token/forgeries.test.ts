import { manualClock } from '@portcullis/ports/clock/memory'
import { awayCounters } from '@portcullis/ports/counters/away'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import { type Counters, countersFaults } from '@portcullis/ports/counters/port'
import type { Keys } from '@portcullis/ports/keys/port'
import { describe, expect, it } from 'vitest'
import { callWith } from '../jwt/test-call.ts'
import { keysOf, makeToken, NOW } from '../jwt/test-issuer.ts'

const forged = (n: number) =>
  makeToken({ claims: { sub: `forged-${n}` }, signature: () => Buffer.alloc(64, n + 1) })
const config = { forgeriesPerMinute: 3 }

/** One gateway: its counters, and keys that count how often they were asked. */
function gateway() {
  const clock = manualClock(NOW)
  const counters = openMemoryCounters(clock)
  const inner = keysOf()
  const state = { asked: 0 }
  const keys: Keys = {
    find(uri, kid) {
      state.asked++
      return inner.find(uri, kid)
    },
  }
  const send = async (token: string) => {
    const { ending, reply } = await callWith(token, config, keys, { counters })
    return { code: ending?.verdict === 'refuse' ? ending.fault.code : undefined, reply }
  }
  return { clock, state, send }
}

describe('an address that sends tokens with wrong signatures', () => {
  it('is soon refused before any signature is looked at, and told when to come again', async () => {
    const { send, state } = gateway()
    for (let n = 0; n < 3; n++) expect((await send(forged(n))).code).toBe('jwt.bad-signature')
    const { asked } = state
    const { code, reply } = await send(forged(3))
    expect(code).toBe('jwt.too-many-forgeries')
    expect(reply.status).toBe(429)
    expect(reply.headers.get('retry-after')).toBe('60')
    expect(reply.headers.has('www-authenticate')).toBe(false)
    expect(state.asked).toBe(asked)
  })

  it('locks nobody out who shares it and holds a token that is remembered', async () => {
    const { send } = gateway()
    const honest = makeToken({ claims: { sub: 'honest' } })
    expect((await send(honest)).code).toBeUndefined()
    for (let n = 0; n < 5; n++) await send(forged(n))
    expect((await send(honest)).code).toBeUndefined()
    expect((await send(makeToken({ claims: { sub: 'newcomer' } }))).code).toBe('jwt.too-many-forgeries')
  })

  it('may come again with time', async () => {
    const { send, clock } = gateway()
    for (let n = 0; n < 4; n++) await send(forged(n))
    clock.advance(60_000)
    expect((await send(makeToken())).code).toBeUndefined()
  })

  it('spends nothing with what is refused without a signature', async () => {
    const { send } = gateway()
    const dull = [
      makeToken({ claims: { exp: 1 } }),
      makeToken({ claims: { aud: 'other' } }),
      makeToken({ claims: { iss: 'other' } }),
      makeToken({ header: { typ: 'JWT' } }),
      makeToken({ header: { kid: 'nobody' } }),
      'opaque',
    ]
    for (const token of [...dull, ...dull])
      expect((await send(token)).code).not.toBe('jwt.too-many-forgeries')
    expect((await send(makeToken())).code).toBeUndefined()
  })
})

describe('jwt without counters', () => {
  const outage = countersFaults.unavailable()
  it.each([
    ['reject', () => Promise.reject(outage)],
    [
      'throw',
      () => {
        throw outage
      },
    ],
  ] as [string, Counters['take']][])('refuses new tokens when they %s', async (_, take) => {
    const counters: Counters = { ...awayCounters(), take }
    const { ending, x } = await callWith(makeToken(), {}, keysOf(), { counters })
    expect(ending).toMatchObject({ fault: { code: 'counters.unavailable', status: 503 } })
    expect(x.principal).toBeUndefined()
  })

  it('takes those that it remembers', async () => {
    const keys = keysOf()
    const token = makeToken()
    await callWith(token, {}, keys)
    const counters = awayCounters()
    expect((await callWith(token, {}, keys, { counters })).ending).toBeUndefined()
  })

  it('counts also when they are elsewhere', async () => {
    const near = openMemoryCounters(manualClock(NOW))
    const counters: Counters = { ...near, take: async (...asked) => near.take(...asked) }
    for (let n = 0; n < 3; n++) await callWith(forged(n), config, keysOf(), { counters })
    const { ending } = await callWith(makeToken(), config, keysOf(), { counters })
    expect(ending).toMatchObject({ fault: { code: 'jwt.too-many-forgeries' } })
  })
})
