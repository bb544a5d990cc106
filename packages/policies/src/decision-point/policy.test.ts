import { bindFor, runThrough, testExchange } from '@portcullis/policy-kit/test-kit'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { type MemoryAnswer, openMemoryWeb } from '@portcullis/ports/web/memory'
import { describe, expect, it } from 'vitest'
import { ada, gateway, json, NOW, policy, URL } from './test-decision-point.ts'

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
