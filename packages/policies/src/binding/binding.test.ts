import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Ports } from '@portcullis/policy-kit/policy'
import { bindFor, runThrough, testExchange } from '@portcullis/policy-kit/test-kit'
import { manualClock } from '@portcullis/ports/clock/memory'
import { awayCounters } from '@portcullis/ports/counters/away'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import { type Counters, countersFaults } from '@portcullis/ports/counters/port'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { vaultFaults } from '@portcullis/ports/vault/port'
import { describe, expect, it } from 'vitest'
import { jwt, revision, testPorts } from '../jwt/test-call.ts'
import { AUDIENCE, encode, keysOf, makeToken, NOW } from '../jwt/test-issuer.ts'

const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const certificate = Buffer.from('the DER of a certificate')

function thumbprintOf({ publicKey }: { publicKey: KeyObject }): string {
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' })
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
}

const jkt = thumbprintOf(own)
const x5t = createHash('sha256').update(certificate).digest('base64url')
const bound = makeToken({ claims: { cnf: { jkt } } })
const toCertificate = makeToken({ claims: { cnf: { 'x5t#S256': x5t } } })
const toBoth = makeToken({ claims: { cnf: { jkt, 'x5t#S256': x5t } } })
const unbound = makeToken()

const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url')
let proofs = 0

interface ProofOptions {
  readonly header?: Record<string, unknown>
  readonly claims?: Record<string, unknown>
  readonly key?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
  readonly signature?: Buffer
}

/** A proof that would do, unless a test changes something. */
function proofOf(options: ProofOptions = {}): string {
  const { key = own } = options
  const header = {
    typ: 'dpop+jwt',
    alg: 'ES256',
    jwk: key.publicKey.export({ format: 'jwk' }),
    ...options.header,
  }
  const claims = {
    jti: `proof-${proofs++}`,
    htm: 'GET',
    htu: `${AUDIENCE}/items`,
    iat: NOW / 1000,
    ath: hashOf(bound),
    ...options.claims,
  }
  const signed = `${encode(JSON.stringify(header))}.${encode(JSON.stringify(claims))}`
  const signature =
    options.signature ??
    sign('sha256', Buffer.from(signed), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${encode(signature)}`
}

interface CallOptions {
  readonly scheme?: 'Bearer' | 'DPoP'
  readonly token?: string
  readonly proof?: string | readonly string[]
  readonly target?: string
  readonly certificate?: Buffer
  readonly config?: Record<string, unknown>
  readonly ports?: Partial<Ports>
  readonly at?: number
}

async function send(options: CallOptions) {
  const headers = new HeaderList()
  headers.append('Authorization', `${options.scheme ?? 'DPoP'} ${options.token ?? bound}`)
  for (const proof of [options.proof ?? []].flat()) headers.append('DPoP', proof)
  const plain = testExchange({ revision, receivedAt: options.at ?? NOW })
  const tls = options.certificate && {
    version: 'TLSv1.3',
    cipher: 'TLS_AES_128_GCM_SHA256',
    serverName: undefined,
    clientCertificate: { der: options.certificate, verified: false },
  }
  const request = { ...plain.request, headers, tls, target: options.target ?? plain.request.target }
  const x = Object.assign(plain, { request })
  const config = { binding: options.config ?? {} }
  const steps = bindFor(jwt, { config: config as never }, x, {
    ...testPorts(),
    keys: keysOf(),
    ...options.ports,
  })
  return runThrough(steps, x)
}

const codeOf = async (options: CallOptions): Promise<string | undefined> => {
  const { ending, x, reply } = await send(options)
  if (ending?.verdict !== 'refuse') return undefined
  expect(x.principal).toBeUndefined()
  expect(reply.status).toBe(ending.fault.status)
  return ending.fault.code
}

describe('which binding meets which presentation', () => {
  const ways: Record<string, CallOptions> = {
    'as Bearer': { scheme: 'Bearer' },
    'as DPoP without a proof': { scheme: 'DPoP' },
    'as DPoP with a proof': { scheme: 'DPoP', proof: 'good' },
    'as Bearer with a proof': { scheme: 'Bearer', proof: 'good' },
    'as Bearer with the certificate': { scheme: 'Bearer', certificate },
    'as Bearer with another certificate': { scheme: 'Bearer', certificate: Buffer.from('other') },
    'as DPoP with a proof and the certificate': { scheme: 'DPoP', proof: 'good', certificate },
  }
  const tokens = { unbound, bound, toCertificate, toBoth }
  const table: Record<string, readonly (string | undefined)[]> = {
    //                                          unbound      bound             toCertificate        toBoth
    'as Bearer': [undefined, 'sent-as-bearer', 'no-certificate', 'no-certificate'],
    'as DPoP without a proof': ['not-bound', 'no-proof', 'no-certificate', 'no-certificate'],
    'as DPoP with a proof': ['not-bound', undefined, 'no-certificate', 'no-certificate'],
    'as Bearer with a proof': [undefined, 'sent-as-bearer', 'no-certificate', 'no-certificate'],
    'as Bearer with the certificate': [undefined, 'sent-as-bearer', undefined, 'sent-as-bearer'],
    'as Bearer with another certificate': [
      undefined,
      'sent-as-bearer',
      'other-certificate',
      'other-certificate',
    ],
    'as DPoP with a proof and the certificate': ['not-bound', undefined, 'not-bound', undefined],
  }
  const rows = Object.entries(table).flatMap(([way, codes]) =>
    (Object.keys(tokens) as (keyof typeof tokens)[]).map((name, i) => [name, way, codes[i]] as const),
  )
  it.each(rows)('a token %s, sent %s: %s', async (name, way, code) => {
    const token = tokens[name]
    const options = ways[way] ?? {}
    const proof = options.proof && proofOf({ claims: { ath: hashOf(token) } })
    expect(await codeOf({ ...options, token, ...(proof && { proof }) })).toBe(code && `binding.${code}`)
  })
})

describe('what an operator may demand', () => {
  it.each([
    ['any', unbound, {}, 'required'],
    ['any', bound, { scheme: 'DPoP' }, undefined],
    ['any', toCertificate, { certificate }, undefined],
    ['dpop', unbound, {}, 'required'],
    ['dpop', toCertificate, { certificate }, 'required'],
    ['dpop', bound, { scheme: 'DPoP' }, undefined],
    ['certificate', unbound, {}, 'required'],
    ['certificate', bound, { scheme: 'DPoP' }, 'required'],
    ['certificate', toCertificate, { certificate }, undefined],
    ['certificate', toBoth, { certificate, scheme: 'DPoP' }, undefined],
  ] as [string, string, CallOptions, string | undefined][])(
    'require: %s',
    async (require, token, options, code) => {
      const proof = proofOf({ claims: { ath: hashOf(token) } })
      const call = { scheme: 'Bearer', ...options, token, config: { require } } as const
      expect(await codeOf({ ...call, ...(call.scheme === 'DPoP' && { proof }) })).toBe(
        code && `binding.${code}`,
      )
    },
  )
})

describe('a DPoP proof is refused', () => {
  const bad: [string, ProofOptions][] = [
    ['of another type', { header: { typ: 'JWT' } }],
    ['without a type', { header: { typ: undefined } }],
    ['that demands extensions', { header: { crit: ['exp'] } }],
    ['without a key', { header: { jwk: undefined } }],
    ['with a private key', { header: { jwk: own.privateKey.export({ format: 'jwk' }) } }],
    ['with a symmetric key', { header: { jwk: { kty: 'oct', k: 'c2VjcmV0' } } }],
    ['of algorithm none', { header: { alg: 'none' } }],
    ['of a symmetric algorithm', { header: { alg: 'HS256' } }],
    ['of an algorithm that was not chosen', { header: { alg: 'ES384' } }],
    ['of an algorithm that is not its key’s', { header: { alg: 'RS256' } }],
    ['for another method', { claims: { htm: 'POST' } }],
    ['for the method in another case', { claims: { htm: 'get' } }],
    ['for another path', { claims: { htu: `${AUDIENCE}/orders` } }],
    ['for a path below', { claims: { htu: `${AUDIENCE}/items/1` } }],
    ['for another host', { claims: { htu: 'https://evil.example/warehouse/v1/items' } }],
    ['for another scheme', { claims: { htu: 'http://api.example/warehouse/v1/items' } }],
    ['for another port', { claims: { htu: 'https://api.example:8443/warehouse/v1/items' } }],
    ['for no address', { claims: { htu: 'items' } }],
    ['that is too old', { claims: { iat: NOW / 1000 - 61 } }],
    ['from the future', { claims: { iat: NOW / 1000 + 11 } }],
    ['without iat', { claims: { iat: undefined } }],
    ['whose iat is a text', { claims: { iat: String(NOW / 1000) } }],
    ['without jti', { claims: { jti: undefined } }],
    ['whose jti is empty', { claims: { jti: '' } }],
    ['whose jti is too long', { claims: { jti: 'j'.repeat(257) } }],
    ['without ath', { claims: { ath: undefined } }],
    ['for another token', { claims: { ath: hashOf(unbound) } }],
    ['whose nonce is a number', { claims: { nonce: 7 } }],
    ['with a signature of zeros', { signature: Buffer.alloc(64) }],
    [
      'signed by another key than the one in it',
      { key: { publicKey: own.publicKey, privateKey: other.privateKey } },
    ],
  ]
  it.each(bad)('%s', async (_, options) => {
    const { ending, reply } = await send({ proof: proofOf(options) })
    expect(ending).toMatchObject({ fault: { code: 'binding.bad-proof', status: 401 } })
    expect(reply.headers.get('www-authenticate')).toMatch(
      /^DPoP realm="[^"]+", error="invalid_dpop_proof", error_description="[^"]+", algs="ES256 EdDSA PS256 RS256", resource_metadata="[^"]+"$/,
    )
  })

  it('that is no JWT, or too large', async () => {
    for (const proof of [
      '',
      'x',
      'a.b',
      'a.b.c.d',
      `${proofOf()}.x`,
      proofOf({ claims: { a: 'x'.repeat(4096) } }),
    ]) {
      expect(await codeOf({ proof }), proof).toBe('binding.bad-proof')
    }
  })

  it('made with another key than the token’s', async () => {
    expect(await codeOf({ proof: proofOf({ key: other }) })).toBe('binding.other-key')
  })

  it('beside another one', async () => {
    expect(await codeOf({ proof: [proofOf(), proofOf()] })).toBe('binding.no-proof')
  })

  it('whichever bit of it is flipped', async () => {
    const proof = proofOf()
    for (let at = 0; at < proof.length; at += 5) {
      const changed = proof.slice(0, at) + String.fromCharCode(proof.charCodeAt(at) ^ 1) + proof.slice(at + 1)
      expect(await codeOf({ proof: changed }), changed).toMatch(/^binding\.(bad-proof|other-key)$/)
    }
  })
})

describe('a DPoP proof is taken', () => {
  const good: [string, ProofOptions][] = [
    ['almost too old', { claims: { iat: NOW / 1000 - 60 } }],
    ['a little from the future', { claims: { iat: NOW / 1000 + 10 } }],
    ['whose address has a query, which does not count', { claims: { htu: `${AUDIENCE}/items?a=b#c` } }],
    ['whose address is spelt otherwise', { claims: { htu: 'HTTPS://API.example:443/warehouse/v1/%69tems' } }],
    ['with claims that nobody knows', { claims: { extra: true } }],
    [
      'whose key has members that nobody needs',
      { header: { jwk: { ...own.publicKey.export({ format: 'jwk' }), kid: 'k' } } },
    ],
  ]
  it.each(good)('%s', async (_, options) => {
    expect(await codeOf({ proof: proofOf(options), target: '/warehouse/v1/items?page=2' })).toBeUndefined()
  })

  it('and neither it nor the token reaches the backend', async () => {
    const { x } = await send({ proof: proofOf() })
    expect(x.outgoingHeaders().has('dpop')).toBe(false)
    expect(x.outgoingHeaders().has('authorization')).toBe(false)
  })

  it.each(['rsa', 'ed25519'] as const)('made with a key of %s', async (kind) => {
    const key =
      kind === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519')
    const jwk = key.publicKey.export({ format: 'jwk' })
    const { crv, kty, x, e, n } = jwk
    const canonical = JSON.stringify(kind === 'rsa' ? { e, kty, n } : { crv, kty, x })
    const token = makeToken({ claims: { cnf: { jkt: hashOf(canonical) } } })
    const header = encode(JSON.stringify({ typ: 'dpop+jwt', alg: kind === 'rsa' ? 'RS256' : 'EdDSA', jwk }))
    const claims = { jti: kind, htm: 'GET', htu: `${AUDIENCE}/items`, iat: NOW / 1000, ath: hashOf(token) }
    const signed = `${header}.${encode(JSON.stringify(claims))}`
    const signature = sign(kind === 'rsa' ? 'sha256' : null, Buffer.from(signed), key.privateKey)
    expect(await codeOf({ token, proof: `${signed}.${encode(signature)}` })).toBeUndefined()
  })
})

describe('a DPoP proof counts once', () => {
  it('in all threads that share counters', async () => {
    const clock = manualClock(NOW)
    const ports = { counters: openMemoryCounters(clock) }
    const proof = proofOf()
    expect(await codeOf({ proof, ports })).toBeUndefined()
    expect(await codeOf({ proof, ports })).toBe('binding.replayed')
    expect(await codeOf({ proof: proofOf(), ports })).toBeUndefined()
    // To the last moment at which it would be young enough.
    clock.advance(70_000)
    expect(await codeOf({ proof, ports, at: NOW + 60_000 })).toBe('binding.replayed')
  })

  it('also when the counters are elsewhere', async () => {
    const near = openMemoryCounters(manualClock(NOW))
    const counters: Counters = { ...near, take: async (...asked) => near.take(...asked) }
    const proof = proofOf()
    expect(await codeOf({ proof, ports: { counters } })).toBeUndefined()
    expect(await codeOf({ proof, ports: { counters } })).toBe('binding.replayed')
  })

  it('and not at all when nobody can say whether it was used', async () => {
    const outage = countersFaults.unavailable()
    const rejecting = awayCounters()
    const throwing = awayCounters(() => {
      throw outage
    })
    for (const counters of [rejecting, throwing]) {
      const { ending, x } = await send({ proof: proofOf(), ports: { counters } })
      expect(ending).toMatchObject({ fault: { code: 'counters.unavailable', status: 503 } })
      expect(x.principal).toBeUndefined()
    }
  })
})

describe('nonces', () => {
  const config = { nonceSecret: 'dpop-nonce', nonceLifetime: '5m' }
  const nonceOf = async (options: CallOptions) => (await send(options)).reply.headers.get('dpop-nonce')
  const withNonce = (nonce: string | undefined, iat = NOW / 1000) => proofOf({ claims: { nonce, iat } })

  it('are asked for in the words of RFC 9449 §9', async () => {
    const { reply, ending } = await send({ proof: proofOf(), config })
    expect(ending).toMatchObject({ fault: { code: 'binding.new-nonce' } })
    expect(reply.headers.get('www-authenticate')).toContain('error="use_dpop_nonce"')
    expect(reply.headers.get('dpop-nonce')).toMatch(/^[\w-]{43}$/)
  })

  it('are taken when they are ours, and the next one is told in time', async () => {
    const nonce = await nonceOf({ proof: proofOf(), config })
    expect(await codeOf({ proof: withNonce(nonce), config })).toBeUndefined()
    expect(await nonceOf({ proof: withNonce(nonce), config })).toBeUndefined()
    const later = NOW + 300_000
    const young = makeToken({ claims: { cnf: { jkt }, exp: NOW / 1000 + 3600 } })
    const proof = proofOf({ claims: { nonce, iat: later / 1000, ath: hashOf(young) } })
    const { ending, reply } = await send({ proof, config, at: later, token: young })
    expect(ending).toBeUndefined()
    expect(reply.headers.get('dpop-nonce')).not.toBe(nonce)
    const muchLater = later + 300_000
    const stale = proofOf({ claims: { nonce, iat: muchLater / 1000, ath: hashOf(young) } })
    expect(await codeOf({ proof: stale, config, at: muchLater, token: young })).toBe('binding.new-nonce')
  })

  it('are the same for whoever has the secret, and others for who has another', async () => {
    const nonce = await nonceOf({ proof: proofOf(), config })
    expect(await nonceOf({ proof: proofOf(), config })).toBe(nonce)
    const ports = { vault: openMemoryVault({ 'dpop-nonce': 'another secret' }) }
    expect(await codeOf({ proof: withNonce(nonce), config, ports })).toBe('binding.new-nonce')
  })

  it('cannot be guessed', async () => {
    for (const nonce of ['', 'nonce', '0', 'a'.repeat(43)]) {
      expect(await codeOf({ proof: withNonce(nonce), config })).toBe('binding.new-nonce')
    }
  })

  it('need their secret: without it the revision does not load', async () => {
    const call = send({ config, ports: { vault: openMemoryVault({}) } })
    await expect(call).rejects.toMatchObject({ code: vaultFaults.unknown.code })
  })
})

it('a token that is bound to a DPoP key and sent as a bearer token leads its app to DPoP', async () => {
  const { reply } = await send({ scheme: 'Bearer' })
  expect(reply.headers.get('www-authenticate')).toMatch(/^DPoP realm="[^"]+", error="invalid_token"/)
})

it('a token that is wrong is refused in the scheme in which it was sent', async () => {
  const token = makeToken({ claims: { cnf: { jkt }, exp: NOW / 1000 - 60 } })
  const { reply, ending } = await send({ token, proof: proofOf() })
  expect(ending).toMatchObject({ fault: { code: 'jwt.expired' } })
  expect(reply.headers.get('www-authenticate')).toMatch(/^DPoP realm="[^"]+", error="invalid_token"/)
})
