import { Secret } from '@portcullis/kernel/secret'
import { manualClock } from '@portcullis/ports/clock/memory'
import { describe, expect, test } from 'vitest'
import { openBackend, readAll } from '../test-kit/backend.ts'
import { openAccessToken } from './access-token.ts'

async function open(answer: (count: number) => { status: number; body: unknown }) {
  const asked: { authorization: string | undefined; form: Record<string, string> }[] = []
  const server = await openBackend(async (message, response) => {
    const form = Object.fromEntries(new URLSearchParams((await readAll(message)).toString()))
    asked.push({ authorization: message.headers.authorization, form })
    const { status, body } = answer(asked.length)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  const clock = manualClock()
  const request = {
    tokenUrl: `${server.url}/token`,
    audience: 'http://127.0.0.1/v1',
    scope: 'gateway.sync',
    clientId: 'gate:way',
    clientSecret: new Secret('a+b c'),
  }
  const token = openAccessToken(request, clock, fetch)
  return { token, clock, asked, [Symbol.asyncDispose]: () => server.close() }
}

const good = (count: number) => ({
  status: 200,
  body: { access_token: `t${count}`, token_type: 'Bearer', expires_in: 300 },
})

describe('the gateway’s own token', () => {
  test('is asked for with client credentials, encoded, for one resource and scope (RFC 6749 §2.3.1, RFC 8707)', async () => {
    await using place = await open(good)
    expect(await place.token.get()).toBe('t1')
    expect(place.asked[0]).toEqual({
      authorization: `Basic ${Buffer.from('gate%3Away:a%2Bb+c').toString('base64')}`,
      form: { grant_type: 'client_credentials', resource: 'http://127.0.0.1/v1', scope: 'gateway.sync' },
    })
  })

  test('is asked for once by any number who need it, and again shortly before it expires', async () => {
    await using place = await open(good)
    const tokens = await Promise.all(Array.from({ length: 20 }, () => place.token.get()))
    expect(new Set(tokens)).toEqual(new Set(['t1']))
    place.clock.advance(269_000)
    expect(await place.token.get()).toBe('t1')
    place.clock.advance(2_000)
    expect(await place.token.get()).toBe('t2')
  })

  test('is asked for again when it was refused, but not when an older one was', async () => {
    await using place = await open(good)
    const first = await place.token.get()
    place.token.forget(first)
    expect(await place.token.get()).toBe('t2')
    place.token.forget(first)
    expect(await place.token.get()).toBe('t2')
  })

  test.each([
    ['a refusal', { status: 401, body: { error: 'invalid_client' } }],
    ['an answer without token', { status: 200, body: {} }],
  ])('is not made up from %s, and the next one asks anew', async (_, bad) => {
    await using place = await open((count) => (count === 1 ? bad : good(count)))
    await expect(place.token.get()).rejects.toMatchObject({ code: 'gateway-token.refused' })
    expect(await place.token.get()).toBe('t2')
  })
})
