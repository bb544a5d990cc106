import { anyPolicy } from '@portcullis/policy-kit/policy'
import {
  bindFor,
  type ExchangeOptions,
  runThrough,
  testExchange,
  tryPolicy,
} from '@portcullis/policy-kit/test-kit'
import { principalOf } from '@portcullis/policy-kit/test-principal'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { identityHeadersContract } from './contract.ts'
import { identityHeaders } from './policy.ts'
import { encodeValue } from './rules.ts'

async function send(fields: object, options: ExchangeOptions = {}) {
  const x = testExchange(options)
  const { ending } = await tryPolicy(anyPolicy(identityHeaders), { config: { fields } as never }, x)
  const headers = x.outgoingHeaders()
  for (const each of x.credentials ?? [])
    each.write({ origin: 'http://a', method: 'GET', target: '/', headers, body: undefined })
  return { ending, headers, told: x.credentials?.[0]?.told }
}

const ada = principalOf({
  client: 'shop',
  subject: 'ada',
  scopes: new Set(['read', 'write']),
  claims: { email: 'ada@example', address: { city: 'Zürich, ZH' }, tags: ['a,b', 'c'], age: 36 },
})

describe('identity-headers', () => {
  it('tells who calls, by what was verified', async () => {
    const fields = {
      ...{
        'X-App': 'client',
        'X-User': 'subject',
        'X-Scopes': 'scopes',
        'X-Roles': 'roles',
        'X-Email': '/email',
      },
      ...{ 'X-City': '/address/city', 'X-Tags': '/tags', 'X-Age': '/age', 'X-Address': '/address' },
    }
    const { headers, told } = await send(fields, { principal: ada })
    expect(headers.flat()).toEqual([
      ...['X-App', 'shop', 'X-User', 'ada', 'X-Scopes', 'read,write', 'X-Email', 'ada@example'],
      ...['X-City', 'Z%C3%BCrich%2C%20ZH', 'X-Tags', 'a%2Cb,c', 'X-Age', '36'],
      ...['X-Address', '%7B%22city%22:%22Z%C3%BCrich%2C%20ZH%22%7D'],
    ])
    expect(told).toMatchObject({ method: 'identity-headers', speaksOf: 'caller' })
  })

  it.each(['x-user', 'X-USER', 'X_User', 'x_USER'])('lets no caller say it by %s', async (name) => {
    const fields = { 'X-User': 'subject' }
    expect((await send(fields, { headers: { [name]: 'root' } })).headers.flat()).toEqual([])
    const { headers } = await send(fields, { headers: { [name]: 'root' }, principal: ada })
    expect(headers.flat()).toEqual(['X-User', 'ada'])
  })

  it('leaves out what is not known, as if a caller had none', async () => {
    const { headers } = await send(
      { 'X-Phone': '/phone', 'X-Plan': 'plan', 'X-Length': '/tags/length' },
      { principal: ada },
    )
    expect(headers.flat()).toEqual([])
  })

  it('tells the plan of this call, not that of the last one', async () => {
    const config = { fields: { 'X-Plan': 'plan' } }
    const steps = bindFor(anyPolicy(identityHeaders), { config } as never, testExchange())
    const told: (string | undefined)[] = []
    for (const plan of ['gold', 'free', 'free']) {
      const x = testExchange({ principal: ada })
      x.subscriber = { subscription: 's', product: 'p', plan }
      await runThrough(steps, x)
      const headers = x.outgoingHeaders()
      x.credentials?.[0]?.write({ origin: 'http://a', method: 'GET', target: '/', headers, body: undefined })
      told.push(headers.get('x-plan'))
    }
    expect(told).toEqual(['gold', 'free', 'free'])
  })

  it('refuses a call of which too much is to be told', async () => {
    const principal = { ...ada, subject: 'ü'.repeat(200) }
    const { ending } = await send({ 'X-User': 'subject' }, { principal })
    expect(ending).toMatchObject({ fault: { code: 'identity-headers.too-long' }, saw: { field: 'X-User' } })
  })

  it('writes any value so that it stays one, and can be read back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const value = encodeValue(text) ?? ''
        expect(value).toMatch(/^[A-Za-z0-9._~@:/%-]*$/)
        expect(decodeURIComponent(value)).toBe(text.toWellFormed())
      }),
    )
  })

  it.each([
    [{}],
    [{ Host: 'client' }],
    [{ 'X-A': 'nobody' }],
    [{ 'X-A': 'client', x_a: 'subject' }],
    [{ 'X A': 'client' }],
  ])('refuses to publish %j', (fields) => {
    expect(identityHeadersContract.config.safeParse({ fields }).success).toBe(false)
  })
})
