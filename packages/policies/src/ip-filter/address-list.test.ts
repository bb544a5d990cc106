import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, testRevision, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { describe, expect, it } from 'vitest'
import { ipFilterContract } from './contract.ts'
import { ipFilter } from './policy.ts'

const policy = anyPolicy(ipFilter)
const addressLists = [
  { list: 'offices', entries: ['192.0.2.0/24', '2001:db8::/32'] },
  { list: 'partners', entries: ['198.51.100.0/24'] },
  { list: 'attackers', entries: ['192.0.2.66'] },
  { list: 'nobody', entries: [] },
  {
    list: 'large',
    entries: Array.from({ length: 100_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`),
  },
]
const revision = testRevision({ addressLists })

interface Config {
  readonly allow?: string[]
  readonly deny?: string[]
  readonly allowLists?: string[]
  readonly denyLists?: string[]
}

const call = (remoteAddress: string, config: Config) =>
  tryPolicy(policy, { config: { ...config } }, testExchange({ revision, remoteAddress }))

const DENIED = 'ip-filter.denied'
const NOT_ALLOWED = 'ip-filter.not-allowed'

/** Config, caller, outcome. */
const truth: [Config, string, string | undefined][] = [
  [{ allowLists: ['offices'] }, '192.0.2.1', undefined],
  [{ allowLists: ['offices'] }, '2001:db8::1', undefined],
  [{ allowLists: ['offices'] }, '198.51.100.1', NOT_ALLOWED],
  [{ allowLists: ['offices', 'partners'] }, '198.51.100.1', undefined],
  [{ allow: ['203.0.113.1'], allowLists: ['offices'] }, '203.0.113.1', undefined],
  [{ allow: ['203.0.113.1'], allowLists: ['offices'] }, '192.0.2.1', undefined],
  [{ allow: ['203.0.113.1'], allowLists: ['offices'] }, '203.0.113.2', NOT_ALLOWED],
  [{ allowLists: ['offices'], denyLists: ['attackers'] }, '192.0.2.66', DENIED],
  [{ allowLists: ['offices'], deny: ['192.0.2.67'], denyLists: ['attackers'] }, '192.0.2.67', DENIED],
  [{ denyLists: ['attackers'] }, '192.0.2.67', undefined],
  [{ allowLists: ['nobody'] }, '192.0.2.1', NOT_ALLOWED],
  [{ denyLists: ['nobody'] }, '192.0.2.1', undefined],
  [{ denyLists: ['large'] }, '10.1.134.159', DENIED],
  [{ denyLists: ['large'] }, '10.1.134.160', undefined],
]

describe('ip-filter with lists', () => {
  it.each(truth)('%j lets %s: %s', async (config, caller, expected) => {
    const { ending } = await call(caller, config)
    expect(ending?.verdict === 'refuse' ? ending.fault.code : undefined).toBe(expected)
  })

  it('objects to lists that are not there', () => {
    const config = ipFilterContract.config.parse({ allowLists: ['offices'], denyLists: ['attackers', 'x'] })
    const told = ipFilterContract.objections?.(config, { apis: [], addressLists: new Set(['offices']) })
    expect(told?.map(({ path, message }) => `${path} ${message}`)).toEqual([
      '/denyLists/0 there is no address list "attackers"',
      '/denyLists/1 there is no address list "x"',
    ])
  })

  it('is not bound with a list that is not there', async () => {
    await expect(call('192.0.2.1', { denyLists: ['other'] })).rejects.toThrow(
      'there is no address list "other"',
    )
  })
})

it.each(['allowLists', 'denyLists'])(
  'lets nobody in by a list of which the entries are not known yet, in %s',
  async (lists) => {
    const unknown = testRevision({ addressLists: [{ list: 'attackers' }] })
    const config = { [lists]: ['attackers'], allow: ['192.0.2.0/24'] }
    const { ending, reply, x } = await tryPolicy(policy, { config }, testExchange({ revision: unknown }))
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: 'ip-filter.unknown-list' } })
    expect([reply.status, x.trace[0]?.saw]).toEqual([503, { list: 'attackers' }])
  },
)
