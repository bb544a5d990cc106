import type { Security, SecurityScheme } from '@portcullis/model/security'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { testExchange, testRevision, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { describe, expect, it } from 'vitest'
import { scopeContract } from './contract.ts'
import { scope as typed } from './policy.ts'

const scope = anyPolicy(typed)

const schemes: Record<string, SecurityScheme> = {
  login: { type: 'oauth2' },
  oidc: { type: 'openIdConnect' },
  basic: { type: 'http', scheme: 'Basic' },
  key: { type: 'apiKey', in: 'header', name: 'X-Key' },
}

function revisionWith(security: Security) {
  const operations = [{ id: 'listItems', method: 'GET' as const, path: '/items', security, policies: [] }]
  return testRevision({}, { schemes, operations })
}

function callerWith(scopes: string, satisfies: string[] = ['login']): Principal {
  return {
    schemes: satisfies,
    issuer: 'https://auth.example/hmart',
    client: 'robot',
    subject: 'robot',
    scopes: new Set(scopes.split(' ').filter((each) => each !== '')),
    expiresAt: 0,
    claims: {},
  }
}

function call(security: Security, principal?: Principal) {
  const x = testExchange({ revision: revisionWith(security), ...(principal && { principal }) })
  return tryPolicy(scope, {}, x)
}

const PASS = 'passes'
const NOBODY = 'scope.no-credentials'
const OTHER = 'scope.other-credentials'
const LACKS = 'scope.insufficient'
const FORBIDDEN = 'scope.forbidden'
const READ = 'READ and (FIDO or OTP) and not QUARANTINED'

/** Requirement, caller (`undefined`: unknown), outcome. */
const truth: [Security, Principal | undefined, string][] = [
  [[], undefined, PASS],
  [[{}], undefined, PASS],
  [[{}], callerWith(''), PASS],
  [[{ login: ['a'] }, {}], undefined, PASS],
  [[{ login: ['a'] }, {}], callerWith('b'), PASS],

  [[{ login: [] }], undefined, NOBODY],
  [[{ login: [] }], callerWith(''), PASS],
  [[{ login: ['a'] }], undefined, NOBODY],
  [[{ login: ['a'] }], callerWith('a'), PASS],
  [[{ login: ['a'] }], callerWith('a b'), PASS],
  [[{ login: ['a'] }], callerWith(''), LACKS],
  [[{ login: ['a'] }], callerWith('b'), LACKS],
  [[{ login: ['a'] }], callerWith('A'), LACKS],
  [[{ login: ['a'] }], callerWith('aa'), LACKS],
  [[{ login: ['a', 'b'] }], callerWith('a'), LACKS],
  [[{ login: ['a', 'b'] }], callerWith('b a'), PASS],

  [[{ login: ['a'] }, { login: ['b'] }], callerWith('b'), PASS],
  [[{ login: ['a'] }, { login: ['b'] }], callerWith('c'), LACKS],
  [[{ login: ['a', 'b'] }, { login: ['c', 'd'] }], callerWith('a c'), LACKS],

  [[{ login: ['a'], oidc: ['b'] }], callerWith('a b', ['login', 'oidc']), PASS],
  [[{ login: ['a'], oidc: ['b'] }], callerWith('a', ['login', 'oidc']), LACKS],
  [[{ login: ['a'], oidc: ['b'] }], callerWith('a b', ['login']), OTHER],
  [[{ login: ['a'], key: [] }], callerWith('a', ['login']), OTHER],
  [[{ key: [] }], callerWith('a', ['login']), OTHER],
  [[{ key: [] }, { login: ['a'] }], callerWith('a', ['login']), PASS],
  [[{ key: [] }, { login: ['a'] }], callerWith('b', ['login']), LACKS],
  [[{ undeclared: [] }], callerWith('', ['login']), OTHER],
]

describe('scope holds a call to the contract', () => {
  it.each(
    truth.map(
      ([security, caller, outcome]) =>
        [JSON.stringify(security), seen(caller), outcome, security, caller] as const,
    ),
  )('%s, %s: %s', async (_, __, outcome, security, caller) => {
    const { ending } = await call(security, caller)
    expect(ending?.verdict === 'refuse' ? ending.fault.code : PASS).toBe(outcome)
  })
})

function seen(caller: Principal | undefined): string {
  return caller === undefined
    ? 'unknown caller'
    : `${caller.schemes.join('+')} with "${[...caller.scopes].join(' ')}"`
}

const REALM = 'realm="https://api.example/warehouse/v1"'
const WHERE = 'resource_metadata="https://api.example/.well-known/oauth-protected-resource/warehouse/v1"'

/** Contract, expression, caller, outcome, what the challenge asks for. */
const demands: [Security, string, Principal | undefined, string, string | undefined][] = [
  [[{ login: ['a'] }], 'b', callerWith('a b'), PASS, undefined],
  [[{ login: ['a'] }], 'b', callerWith('a'), LACKS, 'a b'],
  [[{ login: ['a'] }], 'b', callerWith('b'), LACKS, 'a b'],
  [[{ login: ['a'] }], 'b', undefined, NOBODY, 'a b'],
  [[{ login: [] }], READ, callerWith('READ FIDO'), PASS, undefined],
  [[{ login: [] }], READ, callerWith('READ OTP'), PASS, undefined],
  [[{ login: [] }], READ, callerWith('READ'), LACKS, 'READ FIDO'],
  [[{ login: [] }], READ, callerWith('OTP'), LACKS, 'READ OTP'],
  [[{ login: [] }], READ, callerWith('READ FIDO QUARANTINED'), FORBIDDEN, 'READ FIDO'],
  [[{ login: [] }], READ, callerWith('QUARANTINED'), FORBIDDEN, 'READ FIDO'],
  [[{ login: [] }], 'not QUARANTINED', callerWith(''), PASS, undefined],
  // Where the contract lets anybody in, the expression still asks something of them.
  [[{ login: ['a'] }, {}], 'b', undefined, NOBODY, 'a b'],
  [[{ login: ['a'] }, {}], 'b', callerWith('c'), LACKS, 'b'],
  [[{ login: ['a'] }, {}], 'not b', undefined, PASS, undefined],
]

describe('scope holds a call to an expression on top of the contract', () => {
  it.each(demands.map((row) => [JSON.stringify(row[0]), row[1], seen(row[2]), row[3], row] as const))(
    '%s and %s, %s: %s',
    async (_, require, __, outcome, [security, ___, caller, ____, asked]) => {
      const x = testExchange({ revision: revisionWith(security), ...(caller && { principal: caller }) })
      const { ending, reply } = await tryPolicy(scope, { config: { require } }, x)
      expect(ending?.verdict === 'refuse' ? ending.fault.code : PASS).toBe(outcome)
      const challenge = reply.headers.get('www-authenticate')
      expect(challenge?.match(/ scope="([^"]*)"/)?.[1]).toBe(asked)
      expect(challenge?.includes('insufficient_scope')).toBe(
        outcome === PASS ? undefined : outcome !== NOBODY,
      )
    },
  )

  it('records the expression beside what the contract demands', async () => {
    const x = testExchange({ revision: revisionWith([{ login: ['a'] }]), principal: callerWith('a') })
    const { x: after } = await tryPolicy(scope, { config: { require: 'not b' } }, x)
    expect(after.trace[0]?.saw).toEqual({ required: 'a and not b', held: 'a' })
  })
})

describe('an expression is objected to', () => {
  const operation = (security: Security) => ({ id: 'listItems', path: '/', security })
  const objections = (require: string | undefined, security: Security, scopes = { a: '', READ: '' }) =>
    scopeContract
      .objections?.(
        { require },
        {
          addressLists: new Set(),
          apis: [{ name: 'warehouse/v1', scopes, operations: [operation(security)] }],
        },
      )
      .map(({ path, message }) => `${path} ${message}`)

  it('where the contract does not know a scope', () => {
    expect(objections('a and not (b or constructor)', [{ login: [] }])).toEqual([
      '/require "b" is no scope of the contract of warehouse/v1',
      '/require "constructor" is no scope of the contract of warehouse/v1',
    ])
  })

  it('where the contract lets anybody call, so that nobody would ask', () => {
    expect(objections('a', [])).toEqual([expect.stringContaining('security: []')])
  })

  it('and not where all is well, or none is written', () => {
    expect(objections('a and READ', [{ login: [] }])).toEqual([])
    expect(objections(undefined, [])).toEqual([])
  })
})

describe('scope challenges', () => {
  it('an unknown caller for each way in, with scopes and without an error code (RFC 6750 §3.1)', async () => {
    const { reply } = await call([{ login: ['a', 'b'] }, { login: ['c'] }, { basic: [] }, { key: [] }])
    expect(reply.status).toBe(401)
    expect(reply.headers.all('www-authenticate')).toEqual([
      `Bearer ${REALM}, scope="a b", ${WHERE}`,
      `Bearer ${REALM}, scope="c", ${WHERE}`,
      `Basic ${REALM}, charset="UTF-8"`,
      `ApiKey ${REALM}, in="header", name="x-key"`,
    ])
  })

  it('with one challenge where two schemes would say the same', async () => {
    const { reply } = await call([{ login: ['a'] }, { oidc: ['a'] }])
    expect(reply.headers.all('www-authenticate')).toEqual([`Bearer ${REALM}, scope="a", ${WHERE}`])
  })

  it('a caller who lacks scopes with all scopes of the alternative that lacks least', async () => {
    const { reply } = await call([{ login: ['a', 'b', 'c'] }, { login: ['c', 'd'] }], callerWith('c'))
    expect(reply.status).toBe(403)
    const [challenge, ...rest] = reply.headers.all('www-authenticate')
    expect(rest).toEqual([])
    expect(challenge).toContain('error="insufficient_scope"')
    expect(challenge).toMatch(/scope="c d", resource_metadata="[^"]+"$/)
  })

  it('with quoted strings that a scope’s name cannot end', async () => {
    const { reply } = await call([{ login: ['a", error="x\\\r\nSet-Cookie: b'] }])
    expect(reply.headers.get('www-authenticate')).toBe(
      `Bearer ${REALM}, scope="a?, error=?x???Set-Cookie: b", ${WHERE}`,
    )
  })
})

describe('scope records', () => {
  it('which scopes were required and held, and nothing else of the caller', async () => {
    const { x } = await call([{ login: ['a', 'b'] }, { key: [] }], callerWith('a c'))
    expect(x.trace[0]).toMatchObject({ verdict: 'refuse', code: LACKS })
    expect(x.trace[0]?.saw).toEqual({ required: 'a b | (no scope)', held: 'a c' })
  })
})
