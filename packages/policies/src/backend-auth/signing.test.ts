import { createHmac, hash, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { NOW } from '../jwt/test-issuer.ts'
import { BACKEND, ed25519, openGateway, withToken } from './test-backend.ts'

describe('backend-auth signs', () => {
  const body = Buffer.from('{"count":1}')
  it('for AWS: the same request, moment and body give the same signature, any other another', async () => {
    const config = (more = {}) => ({
      awsSignature: {
        ...{
          region: 'eu-central-1',
          service: 'execute-api',
          accessKeyId: 'aws-id',
          secretAccessKey: 'aws-secret',
        },
        ...more,
      },
    })
    const { send, clock } = openGateway()
    const signed = async (more = {}, options = {}) => (await send(config(more), { body, ...options })).fields
    const fields = await signed({ sessionToken: 'aws-session' }, withToken)
    expect(fields.get('x-amz-date')).toBe('20260101T000000Z')
    expect(fields.get('x-amz-security-token')).toBe('session-1')
    expect(fields.get('authorization')).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20260101\/eu-central-1\/execute-api\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
    )
    const of = async (more = {}, options = {}) => (await signed(more, options)).get('authorization')
    const usual = await of()
    expect(await of()).toBe(usual)
    expect(await of({}, { body: Buffer.from('{}') })).not.toBe(usual)
    expect((await signed({ payload: 'unsigned' })).get('x-amz-content-sha256')).toBe('UNSIGNED-PAYLOAD')
    clock.advance(1_000)
    expect(await of()).not.toBe(usual)
  })

  it('nothing of a body above the cap', async () => {
    const config = { hmac: { secret: 'shared', maxBytes: 10 } }
    const { ending } = await openGateway().send(config, { body })
    expect(ending).toMatchObject({ fault: { status: 413 } })
  })

  it('by HMAC what the operator chose, in that order', async () => {
    const config = {
      hmac: {
        secret: 'shared',
        keyId: 'gw',
        encoding: 'hex',
        sign: [
          'text:v1',
          'method',
          'host',
          'path',
          'query',
          'timestamp',
          'header:Accept',
          'key-id',
          'body-hash',
        ],
        value: 'HMAC {key-id}:{signature}',
      },
    }
    const options = {
      headers: { Accept: '*/*', 'X-Signature': 'mine' },
      target: '/warehouse/v1/items?a=b',
      body,
    }
    const { fields } = await openGateway().send(config, options)
    const seconds = String(NOW / 1000)
    const text = [
      'v1',
      'GET',
      'stock.example',
      '/warehouse/v1/items',
      'a=b',
      seconds,
      '*/*',
      'gw',
      hash('sha256', body),
    ]
    const signature = createHmac('sha256', 'shared key').update(text.join('\n')).digest('hex')
    expect(fields.get('x-timestamp')).toBe(seconds)
    expect(fields.all('x-signature')).toEqual([`HMAC gw:${signature}`])
  })

  it('by RFC 9421, with the digest of the body (RFC 9530), so that the backend can verify it', async () => {
    const config = {
      httpSignature: { algorithm: 'ed25519', key: 'signature-key', keyId: 'gw', tag: 'stock' },
    }
    const { fields } = await openGateway().send(config, { headers: { Signature: 'sig1=:bWluZQ==:' }, body })
    const digest = fields.get('content-digest') ?? ''
    expect(digest).toBe(`sha-256=:${hash('sha256', body, 'base64')}:`)
    const params = fields.get('signature-input')?.replace('portcullis=', '') ?? ''
    expect(params).toMatch(
      /^\("@method" "@target-uri" "content-digest"\);created=1767225600;expires=1767225660;keyid="gw";alg="ed25519";nonce="[0-9a-f-]{36}";tag="stock"$/,
    )
    const base = [
      '"@method": GET',
      `"@target-uri": ${BACKEND}/warehouse/v1/items`,
      `"content-digest": ${digest}`,
      `"@signature-params": ${params}`,
    ].join('\n')
    const signature = Buffer.from(fields.get('signature')?.slice('portcullis=:'.length, -1) ?? '', 'base64')
    expect(verify(null, Buffer.from(base), ed25519.publicKey, signature)).toBe(true)
  })
})
