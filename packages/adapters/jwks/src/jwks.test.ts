import { setTimeout as sleep } from 'node:timers/promises'
import { type ManualClock, manualClock } from '@portcullis/ports/clock/memory'
import { keysContract, newKey } from '@portcullis/ports/keys/contract'
import { type Keys, keysFaults } from '@portcullis/ports/keys/port'
import { collectingLog } from '@portcullis/ports/log/memory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type IssuerServer, jwkOf, startIssuer } from './issuer-server.ts'
import { openJwks } from './jwks.ts'

keysContract('jwks over HTTP', async () => {
  const issuer = await startIssuer()
  const gone = await startIssuer()
  await gone.stop()
  return {
    keys: openJwks({ clock: manualClock() }),
    publish: async (name, set) => issuer.answer(`/${name}/jwks`, { keys: set.map(jwkOf) }),
    nowhere: `${gone.origin}/jwks`,
    close: issuer.stop,
  }
})

const old = newKey('old', 'ES256')
const fresh = newKey('fresh', 'ES256')
const COOLDOWN_MILLIS = 10_000
const MAX_AGE_MILLIS = 60_000

let issuer: IssuerServer
let clock: ManualClock
let log: ReturnType<typeof collectingLog>
let keys: Keys
let uri: string

beforeEach(async () => {
  issuer = await startIssuer()
  uri = issuer.answer('/jwks', { keys: [jwkOf(old)] })
  clock = manualClock()
  log = collectingLog()
  keys = openJwks({
    clock,
    log,
    cooldownMillis: COOLDOWN_MILLIS,
    maxAgeMillis: MAX_AGE_MILLIS,
    timeoutMillis: 300,
    maxBytes: 20_000,
    maxKeys: 10,
    maxIssuers: 3,
  })
})
afterEach(() => issuer.stop())

async function find(kid: string, at = uri): Promise<string | undefined> {
  return (await keys.find(at, kid))?.kid
}

async function expectUnavailable(kid: string, at = uri): Promise<void> {
  const thrown = await find(kid, at).catch((each: unknown) => each)
  expect(keysFaults.unavailable.is(thrown), `got ${String(thrown)}`).toBe(true)
}

/** Waits until what goes on aside has reached the issuer and been taken in. */
async function settled(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(2)
}

describe('when an issuer rotates its keys', () => {
  it('finds a new key after exactly one more fetch, and the old one meanwhile', async () => {
    expect(await find('old')).toBe('old')
    issuer.answer('/jwks', { keys: [jwkOf(old), jwkOf(fresh)] })
    clock.advance(COOLDOWN_MILLIS)
    expect(await find('fresh')).toBe('fresh')
    expect(keys.find(uri, 'old')).toMatchObject({ kid: 'old' })
    expect(issuer.fetches).toBe(2)
  })

  it('fetches once for a hundred who ask for an unknown key at the same moment', async () => {
    await find('old')
    clock.advance(COOLDOWN_MILLIS)
    issuer.answer('/jwks', { keys: [jwkOf(fresh)] })
    const found = await Promise.all(
      Array.from({ length: 100 }, (_, i) => find(i % 2 === 0 ? 'fresh' : `no-${i}`)),
    )
    expect(found.filter((kid) => kid === 'fresh')).toHaveLength(50)
    expect(found.filter((kid) => kid === undefined)).toHaveLength(50)
    expect(issuer.fetches).toBe(2)
  })

  it('fetches once for a hundred who ask when nothing was fetched yet', async () => {
    await Promise.all(Array.from({ length: 100 }, () => find('old')))
    expect(issuer.fetches).toBe(1)
  })

  it('cannot be made to fetch by made-up key ids more than once in a cooldown', async () => {
    await find('old')
    for (let second = 0; second < 60; second++) {
      for (let i = 0; i < 20; i++) expect(await find(`made-up-${second}-${i}`)).toBe(undefined)
      clock.advance(1000)
    }
    expect(issuer.fetches).toBe(6)
  })

  it('drops a key that was taken back once the set is too old, without making anybody wait', async () => {
    await find('old')
    issuer.answer('/jwks', { keys: [jwkOf(fresh)] })
    clock.advance(MAX_AGE_MILLIS + 1)
    const found = keys.find(uri, 'old')
    expect(found, 'answered from what is there').toMatchObject({ kid: 'old' })
    await settled(async () => (await find('old')) === undefined)
    expect(await find('fresh')).toBe('fresh')
    expect(issuer.fetches).toBe(2)
  })
})

describe('when an issuer is away', () => {
  it('keeps using its last good keys, for as long as it takes', async () => {
    await find('old')
    await issuer.stop()
    for (let hour = 0; hour < 48; hour++) {
      clock.advance(3_600_000)
      expect(keys.find(uri, 'old')).toMatchObject({ kid: 'old' })
      await sleep(1)
    }
    await settled(() => log.lines.some((line) => line.message.includes('last good keys stay in use')))
    await issuer.restart()
  })

  it('does not say of a key that it could not ask for that there is none', async () => {
    await find('old')
    await issuer.stop()
    clock.advance(COOLDOWN_MILLIS)
    await expectUnavailable('fresh')
    await expectUnavailable('fresh')
    await issuer.restart()
    issuer.answer('/jwks', { keys: [jwkOf(fresh)] })
    clock.advance(1000)
    expect(await find('fresh')).toBe('fresh')
  })

  it('tries again soon after the first failure and ever less often, up to the cooldown', async () => {
    issuer.answer('/jwks', (_: unknown, response: { writeHead(status: number): { end(): void } }) =>
      response.writeHead(500).end(),
    )
    const tries: number[] = []
    for (let second = 0; second < 60; second++) {
      const before = issuer.fetches
      await expectUnavailable('old')
      if (issuer.fetches > before) tries.push(second)
      clock.advance(1000)
    }
    expect(tries).toEqual([0, 1, 3, 7, 15, 25, 35, 45, 55])
  })

  it('answers as soon as the issuer does', async () => {
    await issuer.stop()
    await expectUnavailable('old')
    await issuer.restart()
    clock.advance(1000)
    expect(await find('old')).toBe('old')
    expect(log.lines[0]).toMatchObject({ level: 'warn', fields: { jwksUri: uri } })
  })
})

describe('an answer that is not to be trusted', () => {
  type Send = (request: unknown, response: import('node:http').ServerResponse) => void
  const body =
    (text: string | Buffer): Send =>
    (_, response) =>
      response.end(text)
  const good = (): string => JSON.stringify({ keys: [jwkOf(old)] })

  it.each<[string, Send]>([
    ['a redirect', (_, response) => response.writeHead(302, { location: '/good' }).end()],
    ['a status that is not 200', (_, response) => response.writeHead(203).end(good())],
    ['an error', (_, response) => response.writeHead(503).end(good())],
    ['no JSON', body('<html>')],
    ['no object', body('null')],
    ['no list of keys', body('{"keys":{}}')],
    [
      'bytes that are no UTF-8',
      body(Buffer.concat([Buffer.from('{"keys":[],"x":"'), Buffer.from([0xff]), Buffer.from('"}')])),
    ],
    ['JSON nested too deep', body(`{"keys":${'['.repeat(9000)}${']'.repeat(9000)},"keys":0}`)],
    ['more bytes than allowed', body(JSON.stringify({ keys: [], pad: 'x'.repeat(20_000) }))],
    ['more keys than allowed', body(JSON.stringify({ keys: Array.from({ length: 11 }, () => ({})) }))],
    [
      'an endless answer',
      (_, response) => {
        const pour = (): void => {
          while (!response.destroyed && response.write('x'.repeat(10_000)));
          response.once('drain', pour)
        }
        pour()
      },
    ],
    ['silence', () => undefined],
    [
      'an answer that trickles',
      (_, response) => {
        const timer = setInterval(() => response.write(' '), 20)
        response.on('close', () => clearInterval(timer))
      },
    ],
    [
      'a connection that is cut',
      (_, response) => {
        response.write('{"keys":')
        response.destroy()
      },
    ],
  ])('is refused and leaves the last good keys: %s', async (_, send) => {
    issuer.answer('/good', { keys: [jwkOf(fresh)] })
    expect(await find('old')).toBe('old')
    issuer.answer('/jwks', send)
    clock.advance(COOLDOWN_MILLIS)
    await expectUnavailable('fresh')
    expect(keys.find(uri, 'old')).toMatchObject({ kid: 'old' })
    expect(log.lines.at(-1)?.fields.cause).toBeInstanceOf(Error)
  })

  it.each(['file:///etc/passwd', 'data:application/json,{"keys":[]}', 'nonsense', ''])(
    'is not even asked for at %j',
    async (at) => expectUnavailable('old', at),
  )

  it('still gives the good keys of a set that also has bad ones, and tells once what was left out', async () => {
    const { kid: _, ...nameless } = jwkOf(fresh)
    issuer.answer('/jwks', {
      keys: [
        jwkOf(old),
        { ...jwkOf(fresh), kid: 'old' },
        nameless,
        { kty: 'oct', kid: 'shared', k: 'c2VjcmV0' },
        7,
      ],
    })
    const found = await keys.find(uri, 'old')
    expect(found?.key.equals(old.key), 'the first of two with one id').toBe(true)
    for (let i = 0; i < 3; i++) {
      clock.advance(COOLDOWN_MILLIS)
      expect(await find('shared')).toBe(undefined)
    }
    expect(log.lines.map((line) => line.fields.refused)).toEqual([
      [
        { kid: 'old', reason: 'another key of the set has its kid' },
        { reason: 'it is no JWK with a kty and a kid' },
        { kid: 'shared', reason: 'it is a private or symmetric key' },
        { reason: 'it is no JWK with a kty and a kid' },
      ],
    ])
    expect(JSON.stringify(log.lines)).not.toContain('c2VjcmV0')
  })
})

it('keeps the sets of so many issuers and forgets the one that was not asked for the longest', async () => {
  const uris = ['/a', '/b', '/c', '/d'].map((path) => issuer.answer(path, { keys: [jwkOf(old)] }))
  const [a, b, c, d] = uris as [string, string, string, string]
  for (const each of [a, b, c, a, d]) {
    clock.advance(1)
    expect(await find('old', each)).toBe('old')
  }
  expect(issuer.fetches).toBe(4)
  for (const each of [a, c, d]) expect(await find('old', each)).toBe('old')
  expect(issuer.fetches, 'those three were kept').toBe(4)
  await find('old', b)
  expect(issuer.fetches).toBe(5)
})
