import type { Attachment } from '@portcullis/model/attachment'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { describe, expect, it } from 'vitest'
import { websocketContract } from './contract.ts'
import { websocket } from './policy.ts'

const policy = anyPolicy(websocket)
const PREFIX = 'base64url.bearer.authorization.k8s.io.'
const bearer = (token: string) => PREFIX + Buffer.from(token).toString('base64url')

async function offer(config: Attachment['config'], headers: Record<string, string> = {}) {
  const x = testExchange({ headers, upgrade: 'websocket' })
  const outcome = await tryPolicy(policy, { config }, x)
  const ending = outcome.ending
  const code = ending?.verdict === 'refuse' ? ending.fault.code : undefined
  return {
    ...outcome,
    code,
    x,
    protocols: x.outgoingHeaders().all('sec-websocket-protocol'),
    authorization: x.request.headers.all('authorization'),
  }
}

describe('websocket permits', () => {
  it('what is no browser to connect, on the terms that are set', async () => {
    const { code, x } = await offer({
      maxFrameBytes: 1000,
      maxMessageBytes: 2000,
      idle: '10s',
      framesPerSecond: 5,
    })
    expect(code).toBeUndefined()
    expect(x.webSocket).toEqual({
      maxFrameBytes: 1000,
      maxMessageBytes: 2000,
      framesPerSecond: 5,
      idleMillis: 10_000,
      maxLifeMillis: 3_600_000,
      pingMillis: 30_000,
      compression: false,
    })
  })

  it('pages of the origins that are named, or of any where that is said', async () => {
    const Origin = 'https://shop.example'
    expect((await offer({ origins: [Origin] }, { Origin })).code).toBeUndefined()
    expect((await offer({ origins: ['*'] }, { Origin })).code).toBeUndefined()
  })

  it('nothing while it only observes', async () => {
    const x = testExchange({
      upgrade: 'websocket',
      headers: { 'Sec-WebSocket-Protocol': `a, ${bearer('t')}` },
    })
    await tryPolicy(policy, { mode: 'observe', config: { tokenPrefix: PREFIX } }, x)
    expect(x.webSocket).toBeUndefined()
    expect(x.request.headers.has('authorization')).toBe(false)
  })

  it('calls that do not ask to change, unless they have to', async () => {
    const plain = await tryPolicy(policy, { config: {} }, testExchange())
    expect(plain.ending).toBeUndefined()
    const required = await tryPolicy(policy, { config: { required: true } }, testExchange())
    expect(required.reply.status).toBe(426)
    expect(required.reply.headers.get('upgrade')).toBe('websocket')
  })
})

describe('websocket refuses', () => {
  it.each([
    ['no origin is named', []],
    ['another is', ['https://shop.example:8443']],
    ['another scheme is', ['http://shop.example']],
  ])('pages where %s', async (_, origins) => {
    expect((await offer({ origins }, { Origin: 'https://shop.example' })).code).toBe(
      'websocket.origin-refused',
    )
  })

  it('sandboxed pages', async () => {
    expect((await offer({ origins: ['https://shop.example'] }, { Origin: 'null' })).code).toBe(
      'websocket.origin-refused',
    )
  })

  it('callers that offer none of the subprotocols', async () => {
    const config = { subprotocols: ['v2', 'v1'] }
    expect((await offer(config)).code).toBe('websocket.subprotocol-refused')
    expect((await offer(config, { 'Sec-WebSocket-Protocol': 'v3, V1' })).code).toBe(
      'websocket.subprotocol-refused',
    )
    const some = await offer(config, { 'Sec-WebSocket-Protocol': 'v3, v1,v2' })
    expect({ code: some.code, protocols: some.protocols }).toEqual({ code: undefined, protocols: ['v1, v2'] })
  })

  it.each([
    [{ maxFrameBytes: 10 }],
    [{ maxFrameBytes: 2000, maxMessageBytes: 1000 }],
    [{ origins: ['https://shop.example/'] }],
    [{ origins: ['*', 'https://shop.example'] }],
    [{ subprotocols: [] }],
    [{ subprotocols: ['a b'] }],
    [{ idle: '0s' }],
    [{ maxLife: '8d' }],
    [{ framesPerSecond: 0 }],
    [{ token: 'x' }],
  ])('to publish %j', (config) => {
    expect(websocketContract.config.safeParse(config).success).toBe(false)
  })
})

describe('a token among the subprotocols', () => {
  const config = { tokenPrefix: PREFIX }

  it('is found in Authorization by the steps that follow, and goes no further', async () => {
    const { code, protocols, authorization, x } = await offer(config, {
      'Sec-WebSocket-Protocol': `chat, ${bearer('ey.J_-~+/=')}, other`,
    })
    expect({ code, protocols, authorization }).toEqual({
      code: undefined,
      protocols: ['chat, other'],
      authorization: ['Bearer ey.J_-~+/='],
    })
    expect(JSON.stringify(x.trace)).not.toContain('ey')
  })

  it('is an ordinary subprotocol where no prefix is set', async () => {
    const { protocols, authorization } = await offer({}, { 'Sec-WebSocket-Protocol': `chat, ${bearer('t')}` })
    expect({ protocols, authorization }).toEqual({ protocols: [`chat, ${bearer('t')}`], authorization: [] })
  })

  it.each([
    ['comes alone, so that browsers could not be answered', bearer('t'), {}],
    ['comes twice', `chat, ${bearer('t')}, ${bearer('u')}`, {}],
    ['comes beside Authorization', `chat, ${bearer('t')}`, { Authorization: 'Bearer t' }],
    ['is empty', `chat, ${PREFIX}`, {}],
    ['is not base64url', `chat, ${PREFIX}a+b`, {}],
    ['holds what would end the field', `chat, ${bearer('t\r\nX: y')}`, {}],
    ['holds two credentials', `chat, ${bearer('t, Basic x')}`, {}],
  ])('is refused when it %s', async (_, protocols, more) => {
    const { code, x } = await offer(config, { 'Sec-WebSocket-Protocol': protocols, ...more })
    expect(code).toBe('websocket.bad-token')
    expect(x.webSocket).toBeUndefined()
  })
})
