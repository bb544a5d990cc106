import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { type BoundStep, runReplySteps } from '@portcullis/policy-kit/step/run-steps'
import {
  bindFor,
  type ExchangeOptions,
  testExchange,
  testRevision,
  tryPolicy,
} from '@portcullis/policy-kit/test-kit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { headersContract } from './contract.ts'
import { headers } from './policy.ts'

const policy = anyPolicy(headers)

function callerNamed(client: string, subject: string): Principal {
  return { schemes: [], issuer: '', client, subject, scopes: new Set(), expiresAt: 0, claims: {} }
}

const robot = callerNamed('robot', 'alice')

async function sent(request: object, options: ExchangeOptions = {}) {
  const { ending, x } = await tryPolicy(policy, { config: { request } as never }, testExchange(options))
  return { ending, x, fields: x.outgoingHeaders() }
}

/** The fields of a backend's reply as the caller gets them. */
function received(reply: object, fields: Record<string, string>, options: ExchangeOptions = {}): HeaderList {
  const x = testExchange(options)
  const steps: BoundStep[] = bindFor(policy, { config: { reply } as never }, x)
  const fromBackend = { status: 200, headers: HeaderList.of(fields) }
  runReplySteps(steps, x, fromBackend)
  return fromBackend.headers
}

describe('headers changes the request', () => {
  it('setting fields in place of the caller’s, whatever their case and number', async () => {
    const { fields } = await sent(
      { set: { 'X-Tier': 'gold' } },
      { headers: { 'x-tier': 'free', 'X-TIER': 'more' } },
    )
    expect(fields.all('x-tier')).toEqual(['gold'])
  })

  it('removing fields, whatever their case', async () => {
    const { fields } = await sent({ remove: ['Cookie'] }, { headers: { cOOkie: 'a=b', Accept: '*/*' } })
    expect(fields.flat()).toEqual(['Accept', '*/*'])
  })

  it('and lets nobody say with _ what may not be said with - (RFC 3875 §4.1.18)', async () => {
    const request = { set: { 'X-Tenant': 'acme' }, remove: ['X-Internal'] }
    const caller = { X_Tenant: 'other', x_internal: 'yes', 'X-Tenants': 'kept' }
    const { fields } = await sent(request, { headers: caller })
    expect(fields.flat()).toEqual(['X-Tenants', 'kept', 'X-Tenant', 'acme'])
  })

  it('and not the request of a caller for whom there is nothing to do', async () => {
    const { fields } = await sent({}, { headers: { Accept: '*/*' } })
    expect(fields.flat()).toEqual(['Accept', '*/*'])
  })

  const values: [string, string][] = [
    ['{client}', 'robot'],
    ['{subject}', 'alice'],
    ['{decision}', 'dec_test'],
    ['{operation}', 'listItems'],
    ['{api}', 'warehouse/v1'],
    ['{plan}', 'gold'],
    ['app={client}; for={subject}', 'app=robot; for=alice'],
    ['{client}{client}', 'robotrobot'],
    ['{{client}}', '{client}'],
    ['{{"group":"{plan}"}}', '{"group":"gold"}'],
    ['', ''],
  ]
  it.each(values)('writing %s as %s', async (text, expected) => {
    const x = testExchange({ principal: robot })
    x.subscriber = { subscription: 's', product: 'supply', plan: 'gold' }
    await tryPolicy(policy, { config: { request: { set: { 'X-Value': text } } } }, x)
    expect(x.outgoingHeaders().get('x-value')).toBe(expected)
  })

  it.each(['{client}', 'app {client}', '{plan}'])(
    'leaving out "%s" where it is not known, and the caller’s own field by that name',
    async (text) => {
      const { fields, ending } = await sent(
        { set: { 'X-Client': text } },
        { headers: { 'x-client': 'admin' } },
      )
      expect(ending).toBeUndefined()
      expect(fields.has('x-client')).toBe(false)
    },
  )

  it.each(['a\r\nX-Admin: yes', 'a\nb', 'a\0b', 'ä', '名', ' a', 'a ', '\u007f', '\u0085', '\u2028'])(
    'refusing a call whose subject is %j',
    async (subject) => {
      const { ending, x } = await sent(
        { set: { 'X-Subject': '{subject}' } },
        { principal: callerNamed('a', subject) },
      )
      expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: 'headers.unfit-value', status: 403 } })
      expect(x.trace[0]?.saw).toEqual({ field: 'X-Subject' })
    },
  )

  it('renaming fields of the caller', async () => {
    const options = { headers: { 'X-Old': '1', 'x-old': '2', 'X-New': '0' } }
    expect((await sent({ rename: { 'x-old': 'X-New' } }, options)).fields.flat()).toEqual(['X-New', '1, 2'])
    const none = await sent({ rename: { 'x-old': 'X-New' } }, { headers: { Accept: '*/*' } })
    expect(none.fields.flat()).toEqual(['Accept', '*/*'])
  })

  it('adding values after those that go to the backend', async () => {
    const request = {
      set: { 'X-Set': 'a' },
      append: { 'X-Set': 'b', 'X-Own': '{client}', Cookie: 'c=1', 'X-Gone': 'z' },
    }
    const headers = { 'X-Own': 'mine', Cookie: 'a=b', 'X-Gone': 'y' }
    const { fields } = await sent({ ...request, remove: ['X-Gone'] }, { headers, principal: robot })
    expect(
      Object.fromEntries(['x-set', 'x-own', 'cookie', 'x-gone'].map((name) => [name, fields.all(name)])),
    ).toEqual({
      'x-set': ['a, b'],
      'x-own': ['mine, robot'],
      cookie: ['a=b; c=1'],
      'x-gone': ['z'],
    })
  })

  it.each<[string, unknown, string | undefined]>([
    ['{claim/email}', { email: 'a@b.example' }, 'a@b.example'],
    ['{claim/realm/tier}', { realm: { tier: 3 } }, '3'],
    ['{claim/roles}', { roles: ['a', 'b'] }, 'a,b'],
    ['{claim/roles/1}', { roles: ['a', 'b'] }, 'b'],
    ['{claim/roles}', { roles: ['a,b', 'c'] }, undefined],
    ['{claim/roles}', { roles: [['a']] }, undefined],
    ['{claim/admin}', { admin: false }, 'false'],
    ['{claim/admin}', {}, undefined],
    ['{claim/admin}', { admin: {} }, undefined],
    ['{claim/constructor}', {}, undefined],
    ['{address}', {}, '192.0.2.1'],
    ['{scopes}', {}, 'read write'],
  ])('writing %s of %j as %s, and never what the caller says instead', async (text, claims, expected) => {
    const principal = { ...robot, claims: claims as Principal['claims'], scopes: new Set(['read', 'write']) }
    const options = { headers: { 'X-It': 'forged' }, principal }
    expect((await sent({ set: { 'X-It': text } }, options)).fields.get('x-it')).toBe(expected)
  })

  it('refusing the call where a claim that is added would break the message', async () => {
    const principal = { ...robot, claims: { name: 'a\r\nX-Admin: 1' } }
    const { ending } = await sent({ append: { 'X-Name': '{claim/name}' } }, { principal })
    expect(ending).toMatchObject({ fault: { code: 'headers.unfit-value' } })
  })

  it('so that no value of a token ever breaks the message', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 20 }), async (subject) => {
        const { ending, fields } = await sent(
          { set: { 'X-S': '<{subject}>' } },
          { principal: callerNamed('a', subject) },
        )
        const value = fields.get('x-s') ?? ''
        expect(
          ending === undefined ? value === `<${subject}>` && !/[^\t\x20-\x7e]/.test(value) : value === '',
        ).toBe(true)
      }),
    )
  })
})

describe('headers changes the reply', () => {
  it('setting and removing fields', () => {
    const fields = received(
      { set: { 'X-Call': '{decision}' }, remove: ['server'] },
      { Server: 'backend/1.0', 'x-call': 'own' },
    )
    expect(fields.flat()).toEqual(['X-Call', 'dec_test'])
  })

  it('leaving out what is not known or would break the message', () => {
    const set = { 'X-Subject': '{subject}' }
    expect(received({ set }, { 'x-subject': 'from backend' }).flat()).toEqual([])
    expect(received({ set }, {}, { principal: callerNamed('a', 'b\r\nc') }).flat()).toEqual([])
  })

  it('adding the security fields where they are wanted, and the operator’s own in their place', () => {
    const fields = received(
      { security: true, set: { 'x-frame-options': 'SAMEORIGIN' } },
      { 'X-Content-Type-Options': 'none' },
    )
    expect(fields.get('x-content-type-options')).toBe('nosniff')
    expect(fields.get('cross-origin-opener-policy')).toBe('same-origin')
    expect(fields.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
    expect(fields.all('x-frame-options')).toEqual(['SAMEORIGIN'])
    expect(fields.has('strict-transport-security')).toBe(false)
  })

  it('renaming fields, each of its values, in place of what had the name', () => {
    const fields = received({ rename: { 'X-Old': 'X-New' } }, { 'x-old': '1', 'X-OLD': '2', 'X-New': '0' })
    expect(fields.flat()).toEqual(['X-New', '1', 'X-New', '2'])
    expect(received({ rename: { 'X-Old': 'X-New' } }, { 'X-New': '0' }).flat()).toEqual(['X-New', '0'])
  })

  it('adding values after those that are there, and none that is not known', () => {
    const append = { Vary: 'X-Plan', 'X-Plan': '{plan}' }
    expect(received({ append }, { Vary: 'Accept' }).all('vary')).toEqual(['Accept', 'X-Plan'])
    expect(received({ append }, {}).has('x-plan')).toBe(false)
  })

  it('on every level, the nearest last on the way to the backend', async () => {
    const set = (value: string) => ({
      policy: 'headers',
      mode: 'enforce' as const,
      failOpen: false,
      config: { request: { set: { 'X-Level': value } } },
    })
    const revision = testRevision({ policies: [set('environment')] }, { policies: [set('api')] })
    const { x } = await tryPolicy(policy, set('operation'), testExchange({ revision }))
    expect(x.trace.map((step) => step.origin)).toEqual([
      'environment production',
      'api warehouse/v1',
      'operation listItems',
    ])
    expect(x.outgoingHeaders().all('x-level')).toEqual(['operation'])
  })
})

const PROTECTED = [
  'Host',
  'content-length',
  'Transfer-Encoding',
  'Connection',
  'Keep-Alive',
  'TE',
  'Trailer',
  'Upgrade',
  'Proxy-Authorization',
  'Portcullis-Decision',
  'portcullis-anything',
]

describe('headers refuses to publish', () => {
  it.each(PROTECTED)('a change of %s', (field) => {
    for (const direction of ['request', 'reply']) {
      expect(headersContract.config.safeParse({ [direction]: { set: { [field]: 'x' } } }).success).toBe(false)
      expect(headersContract.config.safeParse({ [direction]: { remove: [field] } }).success).toBe(false)
    }
  })

  it.each([
    'a\r\nX: b',
    'a\nb',
    'a\0',
    'ä',
    ' a',
    'a\t',
    '{nobody}',
    '{client',
    'client}',
    '{}',
    '{ client }',
    '{Client}',
    '{constructor}',
    '{{client}',
  ])('the value %j', (value) => {
    expect(headersContract.config.safeParse({ request: { set: { 'X-Value': value } } }).success).toBe(false)
  })

  it.each(['', 'X Y', 'X:', 'X\r\n', 'Ä', '__proto__ '])('the field name %j', (field) => {
    expect(headersContract.config.safeParse({ reply: { set: { [field]: 'x' } } }).success).toBe(false)
  })

  it('one field twice in different case, and unknown keys', () => {
    expect(headersContract.config.safeParse({ reply: { set: { 'X-A': '1', 'x-a': '2' } } }).success).toBe(
      false,
    )
    expect(headersContract.config.safeParse({ reply: { add: {} } }).success).toBe(false)
    expect(headersContract.config.safeParse({ request: { security: true } }).success).toBe(false)
  })
})
