import {
  constants,
  createCipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { describe, expect, it } from 'vitest'
import { jwtContract } from './contract.ts'
import { callWith, testPorts } from './test-call.ts'
import { keysOf, makeToken } from './test-issuer.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const shared = randomBytes(32)
const pem = (key: typeof rsa.privateKey) => key.export({ type: 'pkcs8', format: 'pem' }) as string
const vault = openMemoryVault({
  'rsa-key': pem(rsa.privateKey),
  'ec-key': pem(ec.privateKey),
  shared: shared.toString('base64url'),
})

const decryption = {
  keys: [
    { secret: 'rsa-key', kid: 'one', algorithm: 'RSA-OAEP-256' },
    { secret: 'ec-key', algorithm: 'ECDH-ES' },
    { secret: 'shared', algorithm: 'dir' },
  ],
}

const text = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const count = (value: number) => Buffer.from([0, 0, value >> 8, value & 0xff])

interface Making {
  readonly header?: Readonly<Record<string, unknown>>
  readonly contentKey?: Buffer
  readonly tamper?: (parts: string[]) => void
}

/** Encrypts as RFC 7516 §5.1 says, with code of the test's own. */
function encrypted(alg: 'RSA-OAEP-256' | 'ECDH-ES' | 'dir', inner: string, making: Making = {}): string {
  const ephemeral = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const epk = ephemeral.publicKey.export({ format: 'jwk' })
  const header = {
    alg,
    enc: 'A256GCM',
    cty: 'JWT',
    ...(alg === 'RSA-OAEP-256' && { kid: 'one' }),
    ...(alg === 'ECDH-ES' && { epk, apu: 'QWxpY2U', apv: 'Qm9i' }),
    ...making.header,
  }
  const agreed = () => {
    const z = diffieHellman({
      privateKey: ephemeral.privateKey,
      publicKey: createPublicKey(pem(ec.privateKey)),
    })
    const [apu, apv] = [Buffer.from('Alice'), Buffer.from('Bob')]
    const info = [count(7), Buffer.from('A256GCM'), count(5), apu, count(3), apv, count(256)]
    return createHash('sha256')
      .update(Buffer.concat([count(1), z, ...info]))
      .digest()
  }
  const contentKey =
    making.contentKey ?? (alg === 'dir' ? shared : alg === 'ECDH-ES' ? agreed() : randomBytes(32))
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  const wrapped =
    alg === 'RSA-OAEP-256'
      ? publicEncrypt({ key: rsa.publicKey, oaepHash: 'sha256', padding }, contentKey).toString('base64url')
      : ''
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', contentKey, iv)
  cipher.setAAD(Buffer.from(text(header)))
  const ciphertext = Buffer.concat([cipher.update(inner), cipher.final()])
  const parts = [
    text(header),
    wrapped,
    ...[iv, ciphertext, cipher.getAuthTag()].map((each) => each.toString('base64url')),
  ]
  making.tamper?.(parts)
  return parts.join('.')
}

const call = (token: string, config: Record<string, unknown> = { decryption }, keys = keysOf()) =>
  callWith(token, config, keys, { vault })

const flip = (part: number) => (parts: string[]) => {
  const bytes = Buffer.from(parts[part] ?? '', 'base64url')
  bytes[0] = (bytes[0] ?? 0) ^ 1
  parts[part] = bytes.toString('base64url')
}

const replace = (part: number) => (parts: string[]) => {
  parts[part] = 'AAAA'
}

describe('a token that was signed and then encrypted', () => {
  it.each(['RSA-OAEP-256', 'ECDH-ES', 'dir'] as const)('is taken, by %s', async (alg) => {
    const { ending, x } = await call(encrypted(alg, makeToken()))
    expect(ending).toBeUndefined()
    expect(x.principal?.client).toBe('robot')
  })

  it('is held to its signature and claims like any other', async () => {
    for (const [inner, code] of [
      [makeToken({ signature: () => Buffer.alloc(64) }), 'jwt.bad-signature'],
      [makeToken({ claims: { aud: 'https://elsewhere' } }), 'jwt.wrong-audience'],
      ['no token', 'jwt.malformed'],
      [encrypted('dir', makeToken()), 'jwt.malformed'],
    ] as const) {
      expect((await call(encrypted('dir', inner))).ending).toMatchObject({ fault: { code } })
    }
  })

  it('is judged again when it is remembered, and not opened again', async () => {
    const keys = keysOf()
    const token = encrypted('RSA-OAEP-256', makeToken())
    const first = await call(token, { decryption }, keys)
    const second = await call(token, { decryption }, keys)
    expect(second.ending).toBeUndefined()
    expect(second.x.principal?.token).toBe(first.x.principal?.token)
  })

  it.each([
    ['another content key', 'RSA-OAEP-256', { tamper: flip(1) }],
    ['another content', 'RSA-OAEP-256', { tamper: flip(3) }],
    ['another tag', 'dir', { tamper: flip(4) }],
    ['another vector', 'dir', { tamper: flip(2) }],
    ['a key that nobody agreed on', 'ECDH-ES', { contentKey: randomBytes(32) }],
    ['a point that is none', 'ECDH-ES', { header: { epk: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } } }],
    ['a shared key and a wrapped one', 'dir', { tamper: replace(1) }],
    ['a short tag', 'dir', { tamper: replace(4) }],
  ] as [string, 'RSA-OAEP-256' | 'ECDH-ES' | 'dir', Making][])(
    'is refused with %s, all in the same way',
    async (_, alg, making) => {
      const { ending, reply } = await call(encrypted(alg, makeToken(), making))
      expect(ending).toMatchObject({ fault: { code: 'jwt.undecryptable', status: 401 } })
      expect(reply.headers.get('www-authenticate')).toContain('invalid_token')
    },
  )

  it.each([
    ['an algorithm that is not its key’s', { alg: 'RSA-OAEP' }],
    ['another encryption', { enc: 'A128GCM' }],
    ['another key’s name', { kid: 'two' }],
    ['compression', { zip: 'DEF' }],
    ['extensions', { crit: ['exp'] }],
    ['something else inside', { cty: 'text/plain' }],
    ['nothing said of what is inside', { cty: undefined }],
  ])('is refused with %s', async (_, header) => {
    const { ending } = await call(encrypted('RSA-OAEP-256', makeToken(), { header }))
    expect(ending).toMatchObject({ fault: { code: 'jwt.malformed' } })
  })

  it('is refused where there are no keys for it, and others are where it is demanded', async () => {
    expect((await call(encrypted('dir', makeToken()), {})).ending).toMatchObject({
      fault: { code: 'jwt.malformed' },
    })
    const required = { decryption: { ...decryption, required: true } }
    expect((await call(makeToken(), required)).ending).toMatchObject({ fault: { code: 'jwt.not-encrypted' } })
    expect((await call(encrypted('dir', makeToken()), required)).ending).toBeUndefined()
  })

  it('that nobody can open counts as a forgery', async () => {
    const keys = keysOf()
    const ports = { vault }
    const token = () => encrypted('RSA-OAEP-256', makeToken(), { tamper: flip(1) })
    const shared = { ...testPorts(), ...ports }
    const config = { decryption, forgeriesPerMinute: 2 }
    const codes: unknown[] = []
    for (let i = 0; i < 4; i++) {
      const { ending } = await callWith(token(), config, keys, shared)
      codes.push(ending?.verdict === 'refuse' && ending.fault.code)
    }
    expect(codes.at(0)).toBe('jwt.undecryptable')
    expect(codes.at(-1)).toBe('jwt.too-many-forgeries')
  })

  it('is not published with keys demanded that are not there', () => {
    expect(jwtContract.config.safeParse({ decryption: { required: true } }).success).toBe(false)
  })
})
