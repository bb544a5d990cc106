import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { describe, expect, it } from 'vitest'
import { csrfContract } from './contract.ts'
import { csrf } from './policy.ts'

const policy = anyPolicy(csrf)
const APP = 'https://app.example'
const plain = { origins: [APP] }
const carrying = { origins: [APP], tokenCookie: '__Host-session' }
const doubled = { origins: [APP], doubleSubmit: { cookie: '__Host-csrf' } }
const session = { cookie: '__Host-session=t.o.k' }

interface Sent {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly upgrade?: 'websocket'
}

async function outcome(config: object, { method = 'POST', headers = {}, upgrade }: Sent) {
  const x = testExchange({
    method,
    headers: { host: 'api.example', ...headers },
    ...(upgrade && { upgrade }),
  })
  const { ending } = await tryPolicy(policy, { config: config as never }, x)
  if (ending?.verdict === 'refuse') return ending.fault.code
  return 'passes'
}

describe('csrf', () => {
  it.each<[string, object, Sent, string]>([
    ['no cookie', plain, {}, 'passes'],
    ['a cookie and no page', plain, { headers: session }, 'csrf.origin-unknown'],
    [
      'Authorization beside the cookie',
      plain,
      { headers: { ...session, authorization: 'Bearer x' } },
      'passes',
    ],
    [
      'GET from anywhere',
      plain,
      { method: 'GET', headers: { ...session, origin: 'https://evil.example' } },
      'passes',
    ],
    ['HEAD', plain, { method: 'HEAD', headers: session }, 'passes'],
    [
      'a WebSocket from anywhere',
      plain,
      { method: 'GET', upgrade: 'websocket', headers: { ...session, origin: 'https://evil.example' } },
      'csrf.origin-refused',
    ],
    [
      'a WebSocket of a page that may',
      plain,
      { method: 'GET', upgrade: 'websocket', headers: { ...session, origin: APP } },
      'passes',
    ],
    ['an origin that may', plain, { headers: { ...session, origin: APP } }, 'passes'],
    ['the API’s own origin', plain, { headers: { ...session, origin: 'http://api.example' } }, 'passes'],
    [
      'its own host by another scheme',
      plain,
      { headers: { ...session, origin: 'https://api.example' } },
      'csrf.origin-refused',
    ],
    [
      'another origin',
      plain,
      { headers: { ...session, origin: 'https://evil.example' } },
      'csrf.origin-refused',
    ],
    [
      'an origin that begins the same',
      plain,
      { headers: { ...session, origin: `${APP}.evil.example` } },
      'csrf.origin-refused',
    ],
    ['the origin null', plain, { headers: { ...session, origin: 'null' } }, 'csrf.origin-refused'],
    [
      'another origin that calls itself the same',
      plain,
      { headers: { ...session, origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' } },
      'csrf.origin-refused',
    ],
    ['a Referer that may', plain, { headers: { ...session, referer: `${APP}/page?x` } }, 'passes'],
    [
      'another Referer',
      plain,
      { headers: { ...session, referer: `https://evil.example/${APP}` } },
      'csrf.origin-refused',
    ],
    [
      'a Referer that is none',
      plain,
      { headers: { ...session, referer: 'app.example' } },
      'csrf.origin-refused',
    ],
    [
      'only that it is the same origin',
      plain,
      { headers: { ...session, 'sec-fetch-site': 'same-origin' } },
      'passes',
    ],
    [
      'only that it is the same site',
      plain,
      { headers: { ...session, 'sec-fetch-site': 'same-site' } },
      'csrf.origin-refused',
    ],
    [
      'only that it is another site',
      plain,
      { headers: { ...session, 'sec-fetch-site': 'cross-site' } },
      'csrf.origin-refused',
    ],
    [
      'only that no page sends it',
      plain,
      { headers: { ...session, 'sec-fetch-site': 'none' } },
      'csrf.origin-unknown',
    ],
    ['another cookie than the token’s', carrying, { headers: { cookie: 'theme=dark' } }, 'passes'],
    [
      'the token’s cookie from another origin',
      carrying,
      { headers: { ...session, origin: 'https://evil.example' } },
      'csrf.origin-refused',
    ],
    [
      'the token’s cookie twice',
      carrying,
      { method: 'GET', headers: { cookie: '__Host-session=a; __Host-session=b' } },
      'csrf.ambiguous-cookie',
    ],
    [
      'the value repeated',
      doubled,
      { headers: { cookie: '__Host-csrf=abc', origin: APP, 'x-csrf-token': 'abc' } },
      'passes',
    ],
    [
      'another value',
      doubled,
      { headers: { cookie: '__Host-csrf=abc', origin: APP, 'x-csrf-token': 'abd' } },
      'csrf.token-mismatch',
    ],
    ['no value', doubled, { headers: { cookie: '__Host-csrf=abc', origin: APP } }, 'csrf.token-mismatch'],
    [
      'no cookie to repeat',
      doubled,
      { headers: { ...session, origin: APP, 'x-csrf-token': '' } },
      'csrf.token-mismatch',
    ],
    [
      'an empty value',
      doubled,
      { headers: { cookie: '__Host-csrf=', origin: APP, 'x-csrf-token': '' } },
      'csrf.token-mismatch',
    ],
    [
      'two cookies to repeat',
      doubled,
      { headers: { cookie: '__Host-csrf=a; __Host-csrf=b', origin: APP, 'x-csrf-token': 'a' } },
      'csrf.token-mismatch',
    ],
    [
      'the value repeated by another origin',
      doubled,
      { headers: { cookie: '__Host-csrf=a', origin: 'https://evil.example', 'x-csrf-token': 'a' } },
      'csrf.origin-refused',
    ],
  ])('with %s', async (_, config, sent, expected) => {
    expect(await outcome(config, sent)).toBe(expected)
  })

  it('hands the token of the cookie to the steps that look for one, and keeps it from the backend', async () => {
    const headers = { cookie: 'theme=dark; __Host-session="t.o.k"; lang=de', origin: APP }
    const x = testExchange({ method: 'POST', headers })
    await tryPolicy(policy, { config: carrying }, x)
    expect(x.request.headers.get('authorization')).toBe('Bearer t.o.k')
    expect(x.outgoingHeaders().all('cookie')).toEqual(['theme=dark; lang=de'])
  })

  it('sends no Cookie on where there was no other', async () => {
    const x = testExchange({ headers: session })
    await tryPolicy(policy, { config: carrying }, x)
    expect(x.outgoingHeaders().has('cookie')).toBe(false)
  })

  it('takes no token out of a cookie where it only observes', async () => {
    const x = testExchange({ headers: session })
    await tryPolicy(policy, { mode: 'observe', config: carrying }, x)
    expect(x.request.headers.has('authorization')).toBe(false)
  })

  it.each([
    { origins: ['*'] },
    { origins: ['null'] },
    { origins: ['https://*.example'] },
    { doubleSubmit: { cookie: 'csrf' } },
    { tokenCookie: 'a b' },
    { cookies: true },
  ])('is not published with %j', (config) => {
    expect(csrfContract.config.safeParse(config).success).toBe(false)
  })
})
