import { anyPolicy } from '@portcullis/policy-kit/policy'
import { bindFor, runThrough, testExchange } from '@portcullis/policy-kit/test-kit'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { type MemoryAnswer, openMemoryWeb } from '@portcullis/ports/web/memory'
import type { WebRequest } from '@portcullis/ports/web/port'
import { describe, expect, it } from 'vitest'
import { principalOf } from '../test-principal.ts'
import { decisionPointContract } from './contract.ts'
import { decisionPoint } from './policy.ts'

const policy = anyPolicy(decisionPoint)
const URL = 'https://pdp.example/decide'
const NOW = Date.UTC(2026, 0, 1)

const ada = principalOf({
  client: 'shop',
  subject: 'ada',
  scopes: new Set(['order_item', 'list_items']),
  claims: { tier: 'gold', limit: 5, address: { city: 'Berlin' } },
  authentication: { context: 'pwd' },
})

const json = (body: unknown): MemoryAnswer => ({
  status: 200,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

type Config = Readonly<Record<string, unknown>>

/** A gateway beside a decision point that answers as the test says. */
function gateway(answer: (request: WebRequest) => MemoryAnswer | Promise<MemoryAnswer>) {
  const asked: WebRequest[] = []
  const ports = {
    web: openMemoryWeb({
      [URL]: (request) => {
        asked.push(request)
        return answer(request)
      },
    }),
    vault: openMemoryVault({ pdp: 's3cret' }),
  }
  async function send(config: Config, options: Parameters<typeof testExchange>[0] = {}, failOpen = false) {
    const x = testExchange({ principal: ada, parameters: { item: '42' }, receivedAt: NOW, ...options })
    const steps = bindFor(policy, { config: { url: URL, ...config } as never, failOpen }, x, ports)
    return runThrough(steps, x)
  }
  const bodyOf = (i = 0): unknown => JSON.parse(String(asked[i]?.body))
  const codeOf = async (...call: Parameters<typeof send>) => {
    const { ending } = await send(...call)
    return ending?.verdict === 'refuse' ? ending.fault.code : undefined
  }
  return { asked, send, bodyOf, codeOf }
}

const permit = {
  authzen: { decision: true },
  opa: { result: true },
  xacml: { Response: [{ Decision: 'Permit' }] },
}
const dialects = ['authzen', 'opa', 'xacml'] as const
const DENIED = 'decision-point.denied'
const UNDECIDED = 'decision-point.undecided'
/** What is a failure of the step: refused, unless the operator chose otherwise. */
const BAD = 'decision-point.bad-answer'
const AWAY = 'decision-point.unavailable'

/** Dialect, answer, outcome. */
const truth: [(typeof dialects)[number], unknown, string | undefined][] = [
  ['authzen', { decision: true }, undefined],
  ['authzen', { decision: true, context: { reason_user: { en: 'of course' } } }, undefined],
  ['authzen', { decision: false }, DENIED],
  ['authzen', { decision: 'true' }, BAD],
  ['authzen', { decision: 1 }, BAD],
  ['authzen', {}, BAD],
  ['authzen', [], BAD],
  ['authzen', '{"decision": false, "decision": true}', BAD],
  ['authzen', 'yes', BAD],
  ['authzen', { decision: true, context: { obligations: 'none' } }, BAD],
  ['opa', { result: true }, undefined],
  ['opa', { result: { allow: true } }, undefined],
  ['opa', { result: false }, DENIED],
  ['opa', { result: { allow: false } }, DENIED],
  ['opa', {}, UNDECIDED],
  ['opa', { result: {} }, UNDECIDED],
  ['opa', { result: 'true' }, BAD],
  ['opa', { result: { allow: 'true' } }, BAD],
  ['opa', { result: null }, BAD],
  ['xacml', { Response: [{ Decision: 'Permit' }] }, undefined],
  ['xacml', { Response: { Decision: 'Permit' } }, undefined],
  ['xacml', { Response: [{ Decision: 'Deny' }] }, DENIED],
  ['xacml', { Response: [{ Decision: 'NotApplicable' }] }, UNDECIDED],
  ['xacml', { Response: [{ Decision: 'Indeterminate' }] }, UNDECIDED],
  ['xacml', { Response: [{ Decision: 'permit' }] }, BAD],
  ['xacml', { Response: [{ Decision: 'Permit' }, { Decision: 'Deny' }] }, BAD],
  ['xacml', { Response: [] }, BAD],
  ['xacml', {}, BAD],
]

describe('decision-point', () => {
  it.each(truth)('takes of %s %j: %s', async (dialect, answer, expected) => {
    expect(await gateway(() => json(answer)).codeOf({ dialect })).toBe(expected)
  })

  it.each(dialects)('refuses when %s is away, slow, in trouble or tells too much', async (dialect) => {
    const away = (): never => {
      throw new Error('away')
    }
    for (const [answer, expected] of [
      [away, AWAY],
      [() => new Promise<never>(() => undefined), AWAY],
      [() => ({ ...json(permit[dialect]), status: 500 }), AWAY],
      [() => json({ ...permit[dialect], more: 'x'.repeat(70_000) }), BAD],
    ] as const) {
      const pdp = gateway(answer)
      expect(await pdp.codeOf({ dialect, timeout: '50ms' })).toBe(expected)
      expect(await pdp.codeOf({ dialect, timeout: '50ms' }, {}, true)).toBeUndefined()
    }
  })

  it('lets nobody through who is denied, also where an outage would let them', async () => {
    expect(await gateway(() => json({ decision: false })).codeOf({ dialect: 'authzen' }, {}, true)).toBe(
      DENIED,
    )
  })
})

const send = {
  subject: ['/app', '/claims/tier', '/scopes'],
  resource: ['/parameters/item'],
  context: ['/method', '/time', '/claims/address', '/claims/missing', '/headers/x-region', '/address'],
}
const options = { headers: { 'X-Region': 'north' }, remoteAddress: '192.0.2.7' }
const told = {
  subject: {
    type: 'User',
    id: 'ada',
    properties: { app: 'shop', claims: { tier: 'gold' }, scopes: ['list_items', 'order_item'] },
  },
  action: { name: 'listItems' },
  resource: { type: 'ApiVersion', id: 'warehouse/v1', properties: { parameters: { item: '42' } } },
  context: {
    method: 'GET',
    time: '2026-01-01T00:00:00.000Z',
    claims: { address: { city: 'Berlin' } },
    headers: { 'x-region': 'north' },
    address: '192.0.2.7',
  },
}

describe('decision-point asks', () => {
  it('AuthZEN as §6.1 has it, with what was chosen and nothing else', async () => {
    const pdp = gateway(() => json(permit.authzen))
    await pdp.send({ dialect: 'authzen', send }, options)
    expect(pdp.bodyOf()).toEqual(told)
    expect(pdp.asked[0]?.headers).toEqual([
      ...['Content-Type', 'application/json', 'Accept', 'application/json', 'X-Request-ID', 'dec_test'],
    ])
  })

  it('AuthZEN several questions at once as §7.1 has it', async () => {
    const questions = [{}, { action: 'can_order', resource: { type: 'item', id: '/parameters/item' } }]
    const both = { evaluations: [{ decision: true }, { decision: true }] }
    const pdp = gateway(() => json(both))
    expect(await pdp.codeOf({ dialect: 'authzen', questions })).toBeUndefined()
    expect(pdp.bodyOf()).toMatchObject({
      subject: { type: 'User', id: 'ada' },
      options: { evaluations_semantic: 'deny_on_first_deny' },
      evaluations: [
        { action: { name: 'listItems' }, resource: { type: 'ApiVersion', id: 'warehouse/v1' } },
        { action: { name: 'can_order' }, resource: { type: 'item', id: '42' } },
      ],
    })
    for (const [evaluations, expected] of [
      [[{ decision: true }, { decision: false }], DENIED],
      [[{ decision: false }], DENIED],
      [[{ decision: true }], BAD],
      [[{ decision: true }, { decision: true }, { decision: true }], BAD],
      [[], BAD],
      [undefined, BAD],
    ] as const) {
      expect(await gateway(() => json({ evaluations })).codeOf({ dialect: 'authzen', questions })).toBe(
        expected,
      )
    }
  })

  it('OPA with an input', async () => {
    const pdp = gateway(() => json(permit.opa))
    await pdp.send({ dialect: 'opa', send }, options)
    expect(pdp.bodyOf()).toEqual({ input: told })
  })

  it('XACML by attributes', async () => {
    const pdp = gateway(() => json(permit.xacml))
    await pdp.send({ dialect: 'xacml', send }, options)
    const attribute = (AttributeId: string, Value: unknown) => ({ AttributeId, Value })
    expect(pdp.bodyOf()).toEqual({
      Request: {
        AccessSubject: [
          {
            Attribute: [
              attribute('urn:oasis:names:tc:xacml:1.0:subject:subject-id', 'ada'),
              attribute('portcullis:subject-type', 'User'),
              attribute('portcullis:app', 'shop'),
              attribute('portcullis:claims/tier', 'gold'),
              attribute('portcullis:scopes', ['list_items', 'order_item']),
            ],
          },
        ],
        Action: [{ Attribute: [attribute('urn:oasis:names:tc:xacml:1.0:action:action-id', 'listItems')] }],
        Resource: [
          {
            Attribute: [
              attribute('urn:oasis:names:tc:xacml:1.0:resource:resource-id', 'warehouse/v1'),
              attribute('portcullis:resource-type', 'ApiVersion'),
              attribute('portcullis:parameters/item', '42'),
            ],
          },
        ],
        Environment: [
          {
            Attribute: [
              attribute('portcullis:method', 'GET'),
              attribute('portcullis:time', '2026-01-01T00:00:00.000Z'),
              attribute('portcullis:claims/address/city', 'Berlin'),
              attribute('portcullis:headers/x-region', 'north'),
              attribute('portcullis:address', '192.0.2.7'),
            ],
          },
        ],
      },
    })
    expect(pdp.asked[0]?.headers.slice(0, 2)).toEqual(['Content-Type', 'application/xacml+json'])
  })

  it.each([
    [{ secret: 'pdp' }, 'Bearer s3cret'],
    [{ scheme: 'basic', user: 'gateway', secret: 'pdp' }, 'Basic Z2F0ZXdheTpzM2NyZXQ='],
  ])('with credentials of the vault: %j', async (credentials, value) => {
    const pdp = gateway(() => json(permit.authzen))
    await pdp.send({ dialect: 'authzen', credentials })
    expect(pdp.asked[0]?.headers.slice(-2)).toEqual(['Authorization', value])
  })

  it('about somebody unknown as well', async () => {
    const pdp = gateway(() => json({ decision: false }))
    const x = testExchange()
    const steps = bindFor(policy, { config: { url: URL, dialect: 'authzen' } }, x, {
      web: openMemoryWeb({
        [URL]: (request) => {
          expect(JSON.parse(String(request.body))).toMatchObject({ subject: { type: 'Anonymous' } })
          return json({ decision: false })
        },
      }),
      vault: openMemoryVault({}),
    })
    expect((await runThrough(steps, x)).ending).toMatchObject({ fault: { code: DENIED } })
    expect(pdp.asked).toEqual([])
  })

  it('is not bound with a secret that is not there', () => {
    const x = testExchange()
    const config = { url: URL, dialect: 'authzen', credentials: { scheme: 'bearer', secret: 'other' } }
    const ports = { web: openMemoryWeb({}), vault: openMemoryVault({}) }
    expect(() => bindFor(policy, { config }, x, ports)).toThrow(
      expect.objectContaining({ code: 'vault.unknown' }),
    )
  })
})

describe('decision-point remembers', () => {
  const kept = { dialect: 'authzen', keepFor: '10s', send: { context: ['/method', '/claims/tier'] } }

  it('nothing unless it is told to', async () => {
    const pdp = gateway(() => json(permit.authzen))
    for (const _ of [1, 2]) await pdp.send({ dialect: 'authzen' })
    expect(pdp.asked).toHaveLength(2)
  })

  it.each([true, false])('what was decided (%s), for as long as it may', async (decision) => {
    const pdp = gateway(() => json({ decision }))
    for (const later of [0, 9_999, 10_000]) await pdp.send(kept, { receivedAt: NOW + later })
    expect(pdp.asked).toHaveLength(2)
  })

  it('nothing of an outage', async () => {
    const answers = [{ status: 500 }, json(permit.authzen)]
    const pdp = gateway(() => answers.shift() as MemoryAnswer)
    expect(await pdp.codeOf(kept)).toBe(AWAY)
    expect(await pdp.codeOf(kept)).toBeUndefined()
  })

  it('by everything that is told, or by what is stated alone, and always by subject and resource', async () => {
    const bob = { ...ada, subject: 'bob' }
    const silver = { ...ada, claims: { tier: 'silver' } }
    for (const [config, principal, times] of [
      [kept, bob, 2],
      [kept, silver, 2],
      [{ ...kept, keepBy: ['/method'] }, silver, 1],
      [{ ...kept, keepBy: ['/method'] }, bob, 2],
      [{ ...kept, keepBy: ['/claims/tier'] }, silver, 2],
      [{ ...kept, keepBy: [] }, silver, 1],
    ] as const) {
      const pdp = gateway(() => json(permit.authzen))
      await pdp.send(config)
      await pdp.send(config, { principal })
      expect(pdp.asked).toHaveLength(times)
    }
  })

  it('one question for all who ask the same at the same moment', async () => {
    const pdp = gateway(async () => json(permit.authzen))
    await Promise.all([1, 2, 3].map(() => pdp.send({ dialect: 'authzen' })))
    expect(pdp.asked).toHaveLength(1)
  })
})

describe('decision-point keeps obligations', () => {
  const with_ = (obligations: unknown, decision = true, advice: unknown = undefined) =>
    gateway(() => json({ decision, context: { obligations, advice } })).send({ dialect: 'authzen' })
  const outcomeOf = ({ ending }: Awaited<ReturnType<typeof with_>>) =>
    ending?.verdict === 'refuse' ? ending.fault.code : undefined

  it('as fields for the backend and for the caller', async () => {
    const { x, reply, ending } = await with_([
      { id: 'request-headers', attributes: { 'X-Row-Filter': 'region=north' } },
      { id: 'reply-headers', attributes: { 'X-Watermark': ['ada', 'gold'] } },
    ])
    expect(ending).toBeUndefined()
    expect(x.outgoingHeaders().get('x-row-filter')).toBe('region=north')
    expect(reply.headers.get('x-watermark')).toBe('ada, gold')
    expect(x.trace[0]?.saw).toEqual({ decision: 'permit', demands: 'request-headers reply-headers' })
  })

  it('also towards a caller who is denied', async () => {
    const result = await with_([{ id: 'reply-headers', attributes: { 'X-Appeal': 'office' } }], false)
    expect(outcomeOf(result)).toBe(DENIED)
    expect(result.reply.headers.get('x-appeal')).toBe('office')
  })

  it.each([
    [{ acr: 'fido' }, true],
    [{ acr: ['fido', 'otp'] }, false],
  ])('by a challenge to sign in anew: %j, decision %s', async (attributes, decision) => {
    const result = await with_([{ id: 'step-up', attributes }], decision)
    expect(outcomeOf(result)).toBe('decision-point.step-up')
    expect(result.reply.status).toBe(401)
    const challenge = result.reply.headers.get('www-authenticate')
    expect(challenge).toContain('error="insufficient_user_authentication"')
    expect(challenge).toContain(`acr_values="${[attributes.acr].flat().join(' ')}"`)
  })

  it('by nothing where the user has signed in that way', async () => {
    expect(outcomeOf(await with_([{ id: 'step-up', attributes: { acr: ['fido', 'pwd'] } }]))).toBeUndefined()
  })

  it.each([
    { id: 'log-it' },
    { id: 'constructor' },
    { id: 'request-headers', attributes: { 'X-A': 'a\r\nX-B: b' } },
    { id: 'request-headers', attributes: { 'X A': 'a' } },
    { id: 'request-headers', attributes: { 'Content-Length': '0' } },
    { id: 'reply-headers', attributes: { 'Transfer-Encoding': 'chunked' } },
    { id: 'step-up' },
    { id: 'step-up', attributes: { acr: [] } },
    { id: 'step-up', attributes: { acr: 'pwd', maxAge: '60' } },
  ])('or refuses the call where it cannot: %j; as advice it is passed over', async (demand) => {
    const refused = await with_([demand])
    expect(outcomeOf(refused)).toBe('decision-point.unknown-obligation')
    expect(refused.x.trace[0]?.saw).toMatchObject({ unknown: demand.id })
    expect(outcomeOf(await with_([], true, [demand]))).toBeUndefined()
    expect(outcomeOf(await with_([demand], false))).toBe(DENIED)
  })

  it('of OPA and of XACML as well', async () => {
    const asOpa = {
      result: { allow: true, obligations: [{ id: 'reply-headers', attributes: { 'X-A': 1 } }] },
    }
    const asXacml = {
      Response: [
        {
          Decision: 'Permit',
          Obligations: [
            {
              Id: 'reply-headers',
              AttributeAssignment: [
                { AttributeId: 'X-A', Value: 1 },
                { AttributeId: 'X-B', Value: 'b' },
                { AttributeId: 'X-B', Value: 'c' },
              ],
            },
          ],
          AssociatedAdvice: [{ Id: 'whatever' }],
        },
      ],
    }
    const opa = await gateway(() => json(asOpa)).send({ dialect: 'opa' })
    expect(opa.reply.headers.get('x-a')).toBe('1')
    const xacml = await gateway(() => json(asXacml)).send({ dialect: 'xacml' })
    expect(xacml.reply.headers.get('x-b')).toBe('b, c')
  })
})

describe('decision-point is not published', () => {
  const refused = (config: Config) =>
    !decisionPointContract.config.safeParse({ url: URL, dialect: 'authzen', ...config }).success

  it.each([
    { send: { context: ['/clams/tier'] } },
    { send: { context: ['/body/amount'] } },
    { send: { context: ['/headers'] } },
    { send: { subject: ['/headers/Authorization'] } },
    { send: { subject: ['/headers/cookie'] } },
    { send: { context: ['method'] } },
    { dialect: 'opa', questions: [{}, {}] },
    { questions: [] },
    { keepBy: ['/claims/tier'] },
    { credentials: { scheme: 'basic', secret: 'pdp' } },
    { credentials: { user: 'gateway', secret: 'pdp' } },
    { url: 'https://user:secret@pdp.example/' },
    { timeout: '1h' },
    { dialect: 'rego' },
  ])('with %j', (config) => {
    expect(refused(config)).toBe(true)
    expect(refused({})).toBe(false)
  })
})
