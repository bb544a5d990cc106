import type { Security } from '@portcullis/model/security'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { bindFor, runThrough, testExchange, testRevision } from '@portcullis/policy-kit/test-kit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scope as typed } from './policy.ts'

const scope = anyPolicy(typed)

function identity(schemes: string[], client: string, subject: string, scopes: string[]): Principal {
  return { schemes, client, subject, scopes: new Set(scopes), issuer: 'i', expiresAt: 9, claims: {} }
}

function exchangeOf(security: Security, identities: readonly Principal[]) {
  const operations = [{ id: 'listItems', method: 'GET' as const, path: '/items', security, policies: [] }]
  const schemes = {
    a: { type: 'oauth2' as const },
    b: { type: 'http' as const, scheme: 'Basic' },
    c: { type: 'mutualTLS' as const },
  }
  const x = testExchange({ revision: testRevision({}, { schemes, operations }) })
  for (const each of identities) x.apply({ identity: each })
  return x
}

async function call(security: Security, identities: readonly Principal[]) {
  const x = exchangeOf(security, identities)
  return runThrough(bindFor(scope, {}, x), x)
}

const names = ['a', 'b', 'c'] as const
const scopeNames = ['r', 'w'] as const
const alternatives = fc.array(
  fc.dictionary(fc.constantFrom(...names), fc.uniqueArray(fc.constantFrom(...scopeNames)), { maxKeys: 3 }),
  { minLength: 1, maxLength: 3 },
)
const callers = fc.uniqueArray(
  fc.record({
    scheme: fc.constantFrom(...names),
    app: fc.constantFrom('shop', 'robot'),
    user: fc.constantFrom(undefined, 'ada', 'bob'),
    scopes: fc.uniqueArray(fc.constantFrom(...scopeNames)),
  }),
  { maxLength: 4 },
)

type Caller = { scheme: string; app: string; user: string | undefined; scopes: readonly string[] }

/** All ways to give each demand an identity: the plainest model there is. */
function assignments(demands: [string, string[]][], given: readonly Caller[]): Caller[][] {
  const [first, ...rest] = demands
  if (first === undefined) return [[]]
  const [scheme, scopes] = first
  const able = given.filter(
    (each) => each.scheme === scheme && scopes.every((one) => each.scopes.includes(one)),
  )
  return able.flatMap((each) => assignments(rest, given).map((others) => [each, ...others]))
}

const isOneCaller = (some: readonly Caller[]): boolean =>
  new Set(some.map(({ app }) => app)).size <= 1 && new Set(some.flatMap(({ user }) => user ?? [])).size <= 1

function outcomeOf(security: Security, given: readonly Caller[]): string {
  const all = security.map((each) => assignments(Object.entries(each), given))
  if (all.some((ways) => ways.some(isOneCaller))) return 'passes'
  if (all.some((ways) => ways.length > 0)) return 'scope.different-callers'
  if (given.length === 0) return 'scope.no-credentials'
  const has = (scheme: string) => given.some((each) => each.scheme === scheme)
  return security.some((each) => Object.keys(each).every(has))
    ? 'scope.insufficient'
    : 'scope.other-credentials'
}

describe('the alternatives of a requirement', () => {
  it('are satisfied by the identities of one caller, exactly as a plain model says', async () => {
    await fc.assert(
      fc.asyncProperty(alternatives, callers, async (security, given) => {
        const identities = given.map(({ scheme, app, user, scopes }) =>
          identity([scheme], app, user ?? app, [...scopes]),
        )
        const { ending } = await call(security, identities)
        const code = ending?.verdict === 'refuse' ? ending.fault.code : 'passes'
        expect(code).toBe(outcomeOf(security, given))
      }),
      { numRuns: 500 },
    )
  })

  it('choose the identity that counts: that of the first one that is wholly satisfied', async () => {
    const robot = identity(['c'], 'robot', 'robot', [])
    const ada = identity(['a'], 'shop', 'ada', ['r'])
    const { x } = await call([{ b: [] }, { a: ['r'] }, { c: [] }], [robot, ada])
    expect(x.principal).toBe(ada)
  })

  it('make one principal of identities that are demanded together: the user’s, with the scopes of all', async () => {
    const certificate = { ...identity(['c'], 'shop', 'shop', ['w']), expiresAt: 5 }
    const ada = identity(['a'], 'shop', 'ada', ['r'])
    const security = [{ c: ['w'], a: ['r'] }]
    const { x } = await call(security, [certificate, ada])
    expect(x.principal).toMatchObject({ subject: 'ada', schemes: ['c', 'a'], expiresAt: 5 })
    expect([...(x.principal?.scopes ?? [])]).toEqual(['w', 'r'])
  })

  it('make the same principal of the same identities, so that later steps know it again', async () => {
    const both = [identity(['c'], 'shop', 'shop', []), identity(['a'], 'shop', 'ada', [])]
    const x = exchangeOf([{ c: [], a: [] }], both)
    const steps = bindFor(scope, {}, x)
    await runThrough(steps, x)
    const again = exchangeOf([{ c: [], a: [] }], both)
    await runThrough(steps, again)
    expect(again.principal).toBe(x.principal)
  })

  it('are never satisfied by the credentials of two apps or two users together, which is told with every challenge', async () => {
    const security = [{ a: [], b: [] }]
    for (const other of [identity(['b'], 'robot', 'robot', []), identity(['b'], 'shop', 'bob', [])]) {
      const { reply } = await call(security, [identity(['a'], 'shop', 'ada', []), other])
      expect(reply.status).toBe(403)
      expect(reply.headers.all('www-authenticate')).toHaveLength(2)
    }
  })
})
