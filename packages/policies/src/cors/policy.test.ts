import { Exchange } from '@portcullis/policy-kit/exchange'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { refusalReply, stepFaults } from '@portcullis/policy-kit/message/problem'
import type { Reply } from '@portcullis/policy-kit/message/reply'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import { bindFor, runThrough, testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { refuse } from '@portcullis/policy-kit/verdict'
import { describe, expect, it } from 'vitest'
import { corsContract } from './contract.ts'
import { cors } from './policy.ts'

const policy = anyPolicy(cors)
const APP = 'https://app.example'
const byName = { origins: [APP, 'http://localhost:5173'] }

/** The question of a browser; the operation is `GET /items`. */
function ask(config: Record<string, unknown>, headers: Record<string, string> = {}) {
  const asked = { Origin: APP, 'Access-Control-Request-Method': 'GET', ...headers }
  const x = testExchange({ method: 'OPTIONS', preflight: true, headers: asked })
  return tryPolicy(policy, { config: config as never }, x)
}

function allowFieldsOf({ headers }: Reply): Record<string, string> {
  const flat = headers.flat()
  const pairs = flat.flatMap((name, i) =>
    i % 2 === 0 ? [[name.toLowerCase(), flat[i + 1] as string] as const] : [],
  )
  return Object.fromEntries(pairs.filter(([name]) => name.startsWith('access-control-')))
}

describe('cors answers a preflight', () => {
  it('of an allowed page with 204, what is allowed, and what the answer depends on', async () => {
    const { reply } = await ask(byName, { 'Access-Control-Request-Headers': 'authorization,content-type' })
    expect(reply.status).toBe(204)
    expect(reply.body).toBeUndefined()
    expect(allowFieldsOf(reply)).toEqual({
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'GET',
      'access-control-allow-headers': 'Authorization, Content-Type',
      'access-control-max-age': '600',
    })
    expect(reply.headers.all('vary')).toEqual([
      'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    ])
  })

  const allowed: [string, Record<string, unknown>, Record<string, string>, Record<string, string>][] = [
    [
      'any page under *',
      { origins: ['*'] },
      { Origin: 'https://x.example' },
      { 'access-control-allow-origin': '*' },
    ],
    [
      'cookies where they are wanted',
      { ...byName, credentials: true },
      {},
      { 'access-control-allow-credentials': 'true' },
    ],
    [
      'the methods that are set',
      { ...byName, methods: ['GET', 'PUT'] },
      { 'Access-Control-Request-Method': 'PUT' },
      { 'access-control-allow-methods': 'GET, PUT' },
    ],
    [
      'fields in any case',
      { ...byName, requestHeaders: ['X-Trace'] },
      { 'Access-Control-Request-Headers': ' x-TRACE ' },
      { 'access-control-allow-headers': 'X-Trace' },
    ],
    ['its own time', { ...byName, maxAge: '1d' }, {}, { 'access-control-max-age': '86400' }],
    [
      'a host below a domain',
      { origins: ['https://*.shop.example'] },
      { Origin: 'https://a-1.b.shop.example' },
      { 'access-control-allow-origin': 'https://a-1.b.shop.example' },
    ],
    [
      'a host below a domain at its port',
      { origins: ['https://*.shop.example:8443'] },
      { Origin: 'https://a.shop.example:8443' },
      { 'access-control-allow-origin': 'https://a.shop.example:8443' },
    ],
    [
      'the null origin where it is named',
      { origins: ['null', APP] },
      { Origin: 'null' },
      { 'access-control-allow-origin': 'null' },
    ],
    [
      'what a rule says for the origin',
      { origins: ['*'], rules: [{ origins: [APP], methods: ['PUT'], credentials: true }] },
      { 'Access-Control-Request-Method': 'PUT' },
      {
        'access-control-allow-origin': APP,
        'access-control-allow-methods': 'PUT',
        'access-control-allow-credentials': 'true',
      },
    ],
    [
      'others what no rule is for',
      { origins: ['*'], rules: [{ origins: [APP], methods: ['PUT'], credentials: true }] },
      { Origin: 'https://x.example' },
      { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'GET' },
    ],
    [
      'a private network where that is wanted',
      { ...byName, privateNetwork: true },
      { 'Access-Control-Request-Private-Network': 'true' },
      { 'access-control-allow-private-network': 'true' },
    ],
  ]
  it.each(allowed)('allowing %s', async (_, config, headers, expected) => {
    const { reply } = await ask(config, headers)
    expect(reply.status).toBe(204)
    expect(allowFieldsOf(reply)).toMatchObject(expected)
  })

  const refused: [string, Record<string, unknown>, Record<string, string>, string][] = [
    ['another origin', byName, { Origin: 'https://evil.example' }, 'origin-refused'],
    ['another scheme', byName, { Origin: 'http://app.example' }, 'origin-refused'],
    ['another port', byName, { Origin: `${APP}:8443` }, 'origin-refused'],
    [
      'an origin that begins like an allowed one',
      byName,
      { Origin: `${APP}.evil.example` },
      'origin-refused',
    ],
    ['a host in other case', byName, { Origin: 'https://APP.example' }, 'origin-refused'],
    ...['http://a.shop.example', 'https://shop.example', 'https://ashop.example', 'https://.shop.example']
      .concat([
        'https://a.shop.example.evil.example',
        'https://a.shop.example:8443',
        'https://evil.example/.shop.example',
      ])
      .concat(['https://evil.example:1@a.shop.example', 'https://A.shop.example', 'https://a..shop.example'])
      .map((Origin): [string, Record<string, unknown>, Record<string, string>, string] => [
        `${Origin} below https://*.shop.example`,
        { origins: ['https://*.shop.example'] },
        { Origin },
        'origin-refused',
      ]),
    [
      'a method that a rule does not have for the origin',
      { origins: ['*'], rules: [{ origins: [APP], methods: ['PUT'] }] },
      {},
      'method-refused',
    ],
    ['the null origin', byName, { Origin: 'null' }, 'origin-refused'],
    ['the null origin under *', { origins: ['*'] }, { Origin: 'null' }, 'origin-refused'],
    [
      'a method that the contract does not have',
      byName,
      { 'Access-Control-Request-Method': 'DELETE' },
      'method-refused',
    ],
    ['a method in other case', byName, { 'Access-Control-Request-Method': 'get' }, 'method-refused'],
    ['a method that is not set', { ...byName, methods: ['PUT'] }, {}, 'method-refused'],
    [
      'a field that is not set',
      byName,
      { 'Access-Control-Request-Headers': 'authorization, x-other' },
      'header-refused',
    ],
    [
      'an empty field name',
      byName,
      { 'Access-Control-Request-Headers': 'authorization,,content-type' },
      'header-refused',
    ],
    [
      'more fields than can be meant',
      byName,
      { 'Access-Control-Request-Headers': `${'authorization,'.repeat(64)}authorization` },
      'header-refused',
    ],
    [
      'a private network',
      byName,
      { 'Access-Control-Request-Private-Network': 'true' },
      'private-network-refused',
    ],
  ]
  it.each(refused)('refusing %s, without any allowing field', async (_, config, headers, code) => {
    const { ending, reply } = await ask(config, headers)
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: `cors.${code}` } })
    expect(reply.status).toBe(403)
    expect(allowFieldsOf(reply)).toEqual({})
    expect(reply.headers.get('vary')).toContain('Origin')
  })

  it('about a path where nothing is served by leaving it to the router', async () => {
    const known = testExchange({
      method: 'OPTIONS',
      preflight: true,
      headers: { Origin: APP, 'Access-Control-Request-Method': 'GET' },
    })
    const { id, request, revision, receivedAt } = known
    const unrouted = new Exchange({ id, request, revision, receivedAt, preflight: true })
    const { ending, reply } = await runThrough(bindFor(policy, { config: byName }, known), unrouted)
    expect(ending).toBeUndefined()
    expect(allowFieldsOf(reply)).toEqual({})
  })
})

/** A reply as the backend (or a refusal) made it, after the reply steps. */
function leave(config: Record<string, unknown>, origin: string | undefined, reply: Reply): Reply {
  const x = testExchange({ headers: origin === undefined ? {} : { Origin: origin } })
  for (const step of bindFor(policy, { config: config as never }, x)) step.bound.onReply?.(x, reply)
  return reply
}

const fromBackend = (fields: Record<string, string> = {}): Reply => ({
  status: 200,
  headers: HeaderList.of(fields),
})

describe('cors marks replies', () => {
  it('to an allowed page as readable, with what it needs to understand a refusal', () => {
    const reply = leave({ ...byName, exposedHeaders: ['Location'] }, APP, fromBackend())
    expect(allowFieldsOf(reply)).toEqual({
      'access-control-allow-origin': APP,
      'access-control-expose-headers':
        'Portcullis-Decision, WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy, Location',
    })
    expect(reply.headers.all('vary')).toEqual(['Origin'])
  })

  it('that are refusals of other steps too', () => {
    const reply = leave(byName, APP, refusalReply(refuse(stepFaults.failed()), 'dec_1'))
    expect(reply.headers.get('access-control-allow-origin')).toBe(APP)
  })

  it('in place of the backend, whose own fields are taken away', () => {
    const own = {
      'Access-Control-Allow-Origin': '*',
      'access-control-allow-credentials': 'true',
      'Access-Control-Expose-Headers': '*',
    }
    expect(allowFieldsOf(leave(byName, 'https://evil.example', fromBackend(own)))).toEqual({})
    expect(leave(byName, APP, fromBackend(own)).headers.all('access-control-allow-origin')).toEqual([APP])
    expect(leave(byName, APP, fromBackend(own)).headers.has('access-control-allow-credentials')).toBe(false)
  })

  it('so that caches keep them apart, whatever the backend says and whoever asks', () => {
    for (const origin of [APP, 'https://evil.example', 'null', undefined]) {
      const reply = leave(byName, origin, fromBackend({ Vary: 'Accept-Encoding' }))
      expect(reply.headers.all('vary')).toEqual(['Accept-Encoding', 'Origin'])
    }
  })

  it.each([['https://evil.example'], ['null'], [undefined]])('as unreadable to origin %s', (origin) => {
    expect(allowFieldsOf(leave(byName, origin, fromBackend()))).toEqual({})
  })

  it('and lets calls of other pages go on: CORS is no access control', async () => {
    const x = testExchange({ headers: { Origin: 'https://evil.example' } })
    expect((await tryPolicy(policy, { config: byName }, x)).ending).toBeUndefined()
  })
})

describe('cors refuses to publish', () => {
  it.each([
    [{}],
    [{ origins: [] }],
    [{ origins: ['null'], credentials: true }],
    [{ origins: [APP], credentials: true, rules: [{ origins: ['*'] }] }],
    [{ origins: [APP], rules: [{ origins: ['null'], credentials: true }] }],
    [{ origins: [APP], rules: [{ methods: ['GET'] }] }],
    [{ origins: ['http://*.shop.example'] }],
    [{ origins: ['https://a.*.shop.example'] }],
    [{ origins: ['https://*shop.example'] }],
    [{ origins: ['https://*.*.example'] }],
    [{ origins: ['https://*.shop.example/'] }],
    [{ origins: ['https://app.example/'] }],
    [{ origins: ['https://app.example/page'] }],
    [{ origins: ['https://app.example:443'] }],
    [{ origins: ['https://user@app.example'] }],
    [{ origins: ['https://APP.example'] }],
    [{ origins: ['app.example'] }],
    [{ origins: ['https://*.example'] }],
    [{ origins: ['*', APP] }],
    [{ origins: ['*'], credentials: true }],
    [{ origins: [APP], methods: ['get'] }],
    [{ origins: [APP], methods: [] }],
    [{ origins: [APP], requestHeaders: ['*, X'] }],
    [{ origins: [APP], exposedHeaders: ['X\r\nSet-Cookie'] }],
    [{ origins: [APP], maxAge: '2d' }],
    [{ origins: [APP], allowAll: true }],
  ])('%j', (config) => {
    expect(corsContract.config.safeParse(config).success).toBe(false)
  })
})
