import type { Security } from '@portcullis/model/security'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, testRevision, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { principalOf } from '@portcullis/policy-kit/test-principal'
import { describe, expect, it } from 'vitest'
import { audience as typed } from './policy.ts'

const audience = anyPolicy(typed)
const OWN = 'https://api.example/warehouse/v1'
const ELSEWHERE = 'audience.other-environment'
const OTHER_API = 'audience.other-api'

const otherEnvironments = [
  { environment: 'sandbox', url: 'https://sandbox.example' },
  { environment: 'inner', url: 'https://api.example/inner/' },
]

function revisionWith(security: Security, others: { environment: string; url: string }[] | undefined) {
  const operations = [{ id: 'listItems', method: 'GET' as const, path: '/items', security, policies: [] }]
  return testRevision(others && { otherEnvironments: others }, {
    schemes: { login: { type: 'oauth2' } },
    operations,
  })
}

const login: Security = [{ login: [] }]

function call(aud: unknown, only?: string, others: typeof otherEnvironments | undefined = otherEnvironments) {
  const claims = aud === undefined ? {} : { aud }
  const x = testExchange({
    revision: revisionWith(login, others),
    principal: principalOf({ claims }),
  })
  return tryPolicy(audience, { config: only === undefined ? {} : { only } }, x)
}

/** Audiences, what is asked, outcome. */
const truth: [unknown, string | undefined, string | undefined][] = [
  [OWN, undefined, undefined],
  [[OWN], undefined, undefined],
  [undefined, undefined, undefined],
  [[OWN, 'https://api.example/other/v1'], undefined, undefined],
  [[OWN, 'https://elsewhere.example'], undefined, undefined],
  [[OWN, 'https://sandbox.example/warehouse/v1'], undefined, ELSEWHERE],
  [[OWN, 'https://sandbox.example'], undefined, ELSEWHERE],
  ['https://sandbox.example/warehouse/v1', undefined, ELSEWHERE],
  [[OWN, 'https://sandbox.example.org/warehouse/v1'], undefined, undefined],
  // An environment below ours is another one all the same.
  [[OWN, 'https://api.example/inner/warehouse/v1'], undefined, ELSEWHERE],
  [[OWN, 'https://api.example/innermost/v1'], undefined, undefined],
  [[OWN], 'this-api', undefined],
  [[OWN, OWN], 'this-api', undefined],
  [[OWN, 'https://api.example/other/v1'], 'this-api', OTHER_API],
  [[OWN, 'https://elsewhere.example'], 'this-api', OTHER_API],
  [[OWN, 'https://sandbox.example/warehouse/v1'], 'this-api', ELSEWHERE],
]

describe('audience', () => {
  it.each(truth)('with aud %j and only %j: %s', async (aud, only, expected) => {
    const { ending, reply } = await call(aud, only)
    expect(ending?.verdict === 'refuse' ? ending.fault.code : undefined).toBe(expected)
    if (expected === undefined) return
    expect(reply.status).toBe(401)
    expect(reply.headers.get('www-authenticate')).toContain('error="invalid_token"')
  })

  it('records for which environment the token is, and nothing of the token', async () => {
    const { x } = await call(['https://sandbox.example/warehouse/v1'])
    expect(x.trace[0]?.saw).toEqual({ environment: 'sandbox' })
  })

  it('asks of every credential of a call', async () => {
    const x = testExchange({ revision: revisionWith(login, otherEnvironments) })
    x.apply({ identity: principalOf({ claims: { aud: OWN } }) })
    x.apply({ identity: principalOf({ claims: { aud: [OWN, 'https://sandbox.example/a'] } }) })
    const { ending } = await tryPolicy(audience, {}, x)
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: ELSEWHERE } })
  })

  it('leaves callers without credentials to scope', async () => {
    const x = testExchange({ revision: revisionWith(login, otherEnvironments) })
    expect((await tryPolicy(audience, {}, x)).ending).toBeUndefined()
  })

  it('runs by itself where there is another environment, and nowhere else', () => {
    const derived = (security: Security, others?: typeof otherEnvironments) => {
      const revision = revisionWith(security, others)
      const [api] = revision.apis
      const [operation] = api?.operations ?? []
      if (api === undefined || operation === undefined) throw new RangeError('there is no operation')
      return typed.contract.derive?.({ revision, api, operation })
    }
    expect(derived(login, otherEnvironments)).toMatchObject({ environmentUrl: 'https://api.example' })
    expect(derived(login)).toBeUndefined()
    expect(derived([], otherEnvironments)).toBeUndefined()
  })
})
