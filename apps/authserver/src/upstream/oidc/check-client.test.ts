import { Secret } from '@portcullis/kernel/secret'
import { manualClock } from '@portcullis/ports/clock/memory'
import type { Web, WebRequest } from '@portcullis/ports/web/port'
import type { Configuration } from 'openid-client'
import { describe, expect, it } from 'vitest'
import type { UpstreamPorts } from '../catalog.ts'
import { clientChecker } from './check-client.ts'

const metadata = {
  token_endpoint: 'https://a.example/token',
  introspection_endpoint: 'https://a.example/ask',
}

/** A provider that answers in this way. */
function checkerOf(
  by: 'token' | 'introspection',
  answer: (request: WebRequest) => readonly [number, unknown],
  told: Readonly<Record<string, unknown>> = metadata,
) {
  const asked: WebRequest[] = []
  const web: Web = {
    ask: async (request) => {
      asked.push(request)
      const [status, body] = answer(request)
      return { status, header: () => undefined, body: Buffer.from(JSON.stringify(body)) }
    },
  }
  const relyingParty = async () => ({ serverMetadata: () => told }) as unknown as Configuration
  const ports = { web, clock: manualClock() } as unknown as UpstreamPorts
  const check = clientChecker({ by, keepFor: '5m' }, relyingParty, ports)
  return { asked, check: () => check('till 7', new Secret('a:b')) }
}

const TOKEN = { access_token: 'x', token_type: 'Bearer' }
const isNobody = ({ headers }: WebRequest) =>
  Buffer.from(String(headers.at(-1)).slice(6), 'base64')
    .toString()
    .startsWith('nobody-')

describe('a client, asked about at its token endpoint', () => {
  it('is right where it gets a token, and shows itself as RFC 6749 §2.3.1 has it', async () => {
    const { asked, check } = checkerOf('token', () => [200, TOKEN])
    expect(await check()).toBe(true)
    expect(asked[0]?.headers).toContain(`Basic ${btoa('till+7:a%3Ab')}`)
    expect(asked[0]?.body).toBe('grant_type=client_credentials')
  })

  it('shows itself in the form where the provider takes it there alone', async () => {
    const told = { ...metadata, token_endpoint_auth_methods_supported: ['client_secret_post'] }
    const { asked, check } = checkerOf('token', () => [200, TOKEN], told)
    expect(await check()).toBe(true)
    expect(asked[0]?.headers).not.toContain('authorization')
    expect(asked[0]?.body).toBe('grant_type=client_credentials&client_id=till+7&client_secret=a%3Ab')
  })

  it.each<[number, unknown]>([
    [401, { error: 'invalid_client' }],
    [400, { error: 'unauthorized_client' }],
    [400, TOKEN],
    [302, TOKEN],
    [200, {}],
    [200, { access_token: '' }],
    [200, 'a page'],
    [204, null],
  ])('is wrong where the answer is %i %j', async (status, body) => {
    expect(await checkerOf('token', () => [status, body]).check()).toBe(false)
  })

  it.each([429, 500, 503])('is neither where the answer is %i', async (status) => {
    await expect(checkerOf('token', () => [status, {}]).check()).rejects.toMatchObject({
      code: 'upstream.unavailable',
    })
  })

  it('is neither where the provider has no such endpoint', async () => {
    await expect(checkerOf('token', () => [200, TOKEN], {}).check()).rejects.toMatchObject({
      code: 'upstream.unavailable',
    })
  })
})

describe('a client, asked about at its introspection endpoint', () => {
  it('is right where it gets an answer that a client made up does not get, which is tried once', async () => {
    const { asked, check } = checkerOf('introspection', (request) =>
      isNobody(request) ? [401, {}] : [200, { active: false }],
    )
    expect([await check(), await check()]).toEqual([true, true])
    expect(asked.map(isNobody)).toEqual([true, false, false])
  })

  it('is neither where the endpoint answers whoever asks', async () => {
    const { check } = checkerOf('introspection', () => [200, { active: false }])
    await expect(check()).rejects.toMatchObject({ code: 'upstream.unavailable' })
  })

  it.each<[number, unknown]>([
    [401, {}],
    [403, {}],
    [200, {}],
    [200, { active: true }],
  ])('is wrong where the answer is %i %j', async (status, body) => {
    const { check } = checkerOf('introspection', (request) =>
      isNobody(request) ? [401, {}] : [status, body],
    )
    expect(await check()).toBe(false)
  })
})
