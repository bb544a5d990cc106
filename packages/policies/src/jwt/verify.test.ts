import { generateKeyPairSync } from 'node:crypto'
import { algorithms, type Keys, type VerificationKey } from '@portcullis/ports/keys/port'
import { describe, expect, it } from 'vitest'
import { callWith, seconds } from './test-call.ts'
import {
  AUDIENCE,
  encode,
  goodClaims,
  goodHeader,
  ISSUER,
  keysOf,
  makeToken,
  pairs,
  signDer,
  signers,
  signPss,
  signWithPublicKeyAsSecret,
  verificationKey,
} from './test-issuer.ts'

/** A token changed after it was signed: `part` 0 is the header, 1 the payload, 2 the signature. */
function tampered(part: 0 | 1 | 2, change: (text: string) => string): string {
  const parts = makeToken().split('.')
  parts[part] = change(parts[part] as string)
  return parts.join('.')
}

const reencode = (change: (json: Record<string, unknown>) => object) => (text: string) =>
  encode(JSON.stringify(change(JSON.parse(Buffer.from(text, 'base64url').toString()))))

const flipFirst = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1)

/** The last character of 64 bytes carries four bits that mean nothing; another one there decodes to the same bytes. */
function withStrayBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1) as string) + 1]
}

const noneToken = (alg: string): string =>
  `${encode(JSON.stringify({ ...goodHeader('ES256'), alg }))}.${encode(JSON.stringify(goodClaims))}.${encode('x')}`

const unsigned = (alg: string): string =>
  `${encode(JSON.stringify({ ...goodHeader('ES256'), alg }))}.${encode(JSON.stringify(goodClaims))}.`

const json = JSON.stringify(goodClaims)

const refused: [string, string, string][] = [
  [
    'with a payload changed after signing',
    tampered(
      1,
      reencode((p) => ({ ...p, sub: 'admin' })),
    ),
    'bad-signature',
  ],
  [
    'with a header changed after signing',
    tampered(
      0,
      reencode((h) => ({ ...h, extra: 1 })),
    ),
    'bad-signature',
  ],
  ['with a changed signature', tampered(2, flipFirst), 'bad-signature'],
  ['with a signature cut short', tampered(2, (s) => s.slice(0, 60)), 'bad-signature'],
  ['with an ES256 signature of zeros', makeToken({ signature: () => Buffer.alloc(64) }), 'bad-signature'],
  [
    'with an EdDSA signature of zeros',
    makeToken({ algorithm: 'EdDSA', signature: () => Buffer.alloc(64) }),
    'bad-signature',
  ],
  ['with an ES256 signature in DER (RFC 7518 §3.4)', makeToken({ signature: signDer }), 'bad-signature'],
  [
    'with a PS256 signature of another salt length',
    makeToken({ algorithm: 'PS256', signature: (s) => signPss(s, 20) }),
    'bad-signature',
  ],
  [
    'signed PKCS#1 under a PS256 key',
    makeToken({ algorithm: 'PS256', signature: signers.RS256 }),
    'bad-signature',
  ],
  [
    'signed by another key of the same algorithm',
    makeToken({ header: { kid: 'ES256-other' } }),
    'bad-signature',
  ],

  ...['none', 'None', 'NONE', 'nOnE', ''].map((alg): [string, string, string] => [
    `of alg "${alg}"`,
    noneToken(alg),
    'wrong-algorithm',
  ]),
  ['of alg none without a signature', unsigned('none'), 'wrong-algorithm'],
  [
    'of HS256 with the public key as secret (RFC 8725 §2.1)',
    makeToken({ header: { alg: 'HS256', kid: 'RS256' }, signature: signWithPublicKeyAsSecret }),
    'wrong-algorithm',
  ],
  ['of an algorithm that differs in case', makeToken({ header: { alg: 'es256' } }), 'wrong-algorithm'],
  ['of an algorithm that is no text', makeToken({ header: { alg: ['ES256'] } }), 'wrong-algorithm'],
  ['without an algorithm', makeToken({ header: { alg: undefined } }), 'wrong-algorithm'],
  [
    'of RS256 naming an ES256 key',
    makeToken({ algorithm: 'RS256', header: { kid: 'ES256' } }),
    'wrong-algorithm',
  ],
  [
    'of RS256 naming a PS256 key',
    makeToken({ algorithm: 'RS256', header: { kid: 'PS256' } }),
    'wrong-algorithm',
  ],
  ['of ES384 naming an ES256 key', makeToken({ header: { alg: 'ES384' } }), 'wrong-algorithm'],
  ['of ES256K', makeToken({ header: { alg: 'ES256K' } }), 'wrong-algorithm'],
  [
    'of RS384 under a key for RS256',
    makeToken({ header: { alg: 'RS384', kid: 'RS256' } }),
    'wrong-algorithm',
  ],
  [
    'under a key whose type is not its algorithm’s',
    makeToken({ header: { kid: 'mislabelled' } }),
    'wrong-algorithm',
  ],
  [
    'under an RSA key of 1024 bits (RFC 7518 §3.3)',
    makeToken({ algorithm: 'RS256', header: { kid: 'short' } }),
    'wrong-algorithm',
  ],

  ['of an unknown key', makeToken({ header: { kid: 'nobody' } }), 'unknown-key'],
  ['of type JWT', makeToken({ header: { typ: 'JWT' } }), 'wrong-type'],
  ['without a type', makeToken({ header: { typ: undefined } }), 'wrong-type'],

  ['of another issuer', makeToken({ claims: { iss: 'https://evil.example' } }), 'wrong-issuer'],
  ['of an issuer with a slash more', makeToken({ claims: { iss: `${ISSUER}/` } }), 'wrong-issuer'],
  ['without an issuer', makeToken({ claims: { iss: undefined } }), 'wrong-issuer'],
  [
    'whose audience is another API',
    makeToken({ claims: { aud: 'https://api.example/other' } }),
    'wrong-audience',
  ],
  ['whose audience only begins like ours', makeToken({ claims: { aud: `${AUDIENCE}/x` } }), 'wrong-audience'],
  [
    'whose audience is a text within a list within a list',
    makeToken({ claims: { aud: [[AUDIENCE]] } }),
    'wrong-audience',
  ],
  ['without an audience', makeToken({ claims: { aud: undefined } }), 'wrong-audience'],

  ['that has expired', makeToken({ claims: { exp: seconds(-10) } }), 'expired'],
  ['not yet valid (nbf)', makeToken({ claims: { nbf: seconds(11) } }), 'not-yet-valid'],
  ['issued in the future (iat)', makeToken({ claims: { iat: seconds(11) } }), 'not-yet-valid'],
  ['without exp', makeToken({ claims: { exp: undefined } }), 'bad-claims'],
  ['whose exp is a text', makeToken({ claims: { exp: String(seconds(300)) } }), 'bad-claims'],
  ['whose exp is null', makeToken({ claims: { exp: null } }), 'bad-claims'],
  [
    'whose exp is beyond every date',
    makeToken({ rawPayload: json.replace(/"exp":\d+/, '"exp":1e300') }),
    'bad-claims',
  ],
  ['whose nbf is a text', makeToken({ claims: { nbf: 'now' } }), 'bad-claims'],
  ['without a subject', makeToken({ claims: { sub: undefined } }), 'bad-claims'],
  ['without a client', makeToken({ claims: { client_id: undefined } }), 'bad-claims'],
  ['whose client is no text', makeToken({ claims: { client_id: { name: 'robot' } } }), 'bad-claims'],
  ['whose scope is a number', makeToken({ claims: { scope: 7 } }), 'bad-claims'],
  ['whose scope is a list of no texts', makeToken({ claims: { scope: [['list_items']] } }), 'bad-claims'],
  ['whose roles are an object', makeToken({ claims: { roles: { admin: true } } }), 'bad-claims'],
  ['whose groups are numbers', makeToken({ claims: { groups: [7] } }), 'bad-claims'],
  ['whose jti is a number', makeToken({ claims: { jti: 7 } }), 'bad-claims'],
  ['whose sid is empty', makeToken({ claims: { sid: '' } }), 'bad-claims'],
  ['whose acr is a list', makeToken({ claims: { acr: ['mfa'] } }), 'bad-claims'],
  ['whose auth_time is a text', makeToken({ claims: { auth_time: 'now' } }), 'bad-claims'],
  ['whose cnf is a text', makeToken({ claims: { cnf: 'key' } }), 'bad-claims'],
  ['whose cnf is empty', makeToken({ claims: { cnf: {} } }), 'bad-claims'],
  [
    'whose cnf has a member that is not understood',
    makeToken({ claims: { cnf: { kid: 'k' } } }),
    'bad-claims',
  ],
  [
    'whose cnf has a member that is not understood beside one that is',
    makeToken({ claims: { cnf: { jkt: 'k'.repeat(43), kid: 'k' } } }),
    'bad-claims',
  ],
  ['whose cnf holds no thumbprint', makeToken({ claims: { cnf: { jkt: 'short' } } }), 'bad-claims'],

  ['with critical extensions (RFC 7515 §4.1.11)', makeToken({ header: { crit: ['exp'] } }), 'malformed'],
  ['with an empty list of critical extensions', makeToken({ header: { crit: [] } }), 'malformed'],
  ['without a kid', makeToken({ header: { kid: undefined } }), 'malformed'],
  [
    'with a key in its header instead of a kid',
    makeToken({ header: { kid: undefined, jwk: pairs.ES256.publicKey.export({ format: 'jwk' }) } }),
    'malformed',
  ],
  [
    'whose x5t#S256 is no thumbprint',
    makeToken({ header: { kid: undefined, 'x5t#S256': 'ES256' } }),
    'malformed',
  ],
  [
    'whose certificate the issuer does not publish',
    makeToken({ header: { kid: undefined, 'x5t#S256': 'c'.repeat(43) } }),
    'unknown-key',
  ],
  ['whose kid is a number', makeToken({ header: { kid: 7 } }), 'malformed'],
  ['whose kid is too long', makeToken({ header: { kid: 'k'.repeat(257) } }), 'malformed'],
  [
    'with two alg in its header',
    makeToken({ rawHeader: '{"alg":"none","typ":"at+jwt","kid":"ES256","alg":"ES256"}' }),
    'malformed',
  ],
  [
    'with two alg, one of them spelt with escapes',
    makeToken({ rawHeader: '{"\\u0061lg":"none","typ":"at+jwt","kid":"ES256","alg":"ES256"}' }),
    'malformed',
  ],
  [
    'with two sub in its payload',
    makeToken({ rawPayload: json.replace('{', '{"sub":"admin",') }),
    'malformed',
  ],
  [
    'with a name twice deep in its payload',
    makeToken({ rawPayload: json.replace('{', '{"act":[{"sub":"a", "sub" :"b"}],') }),
    'malformed',
  ],
  ['whose header is no JSON', makeToken({ rawHeader: 'alg=ES256' }), 'malformed'],
  ['whose header is a list', makeToken({ rawHeader: '[]' }), 'malformed'],
  ['whose header is null', makeToken({ rawHeader: 'null' }), 'malformed'],
  [
    'whose header has a byte order mark',
    makeToken({ rawHeader: `\ufeff${JSON.stringify(goodHeader('ES256'))}` }),
    'malformed',
  ],
  ['whose payload is no JSON', makeToken({ rawPayload: 'robot' }), 'malformed'],
  [
    'whose payload is not UTF-8',
    makeToken({ rawPayload: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) }),
    'malformed',
  ],
  [
    'whose payload nests too deep',
    makeToken({ claims: { deep: JSON.parse('['.repeat(16) + ']'.repeat(16)) } }),
    'malformed',
  ],
  ['larger than 8 KB', makeToken({ claims: { fill: 'x'.repeat(8192) } }), 'malformed'],
  ['of one part', 'opaque', 'malformed'],
  ['of two parts', 'eyJh.eyJh', 'malformed'],
  ['of four parts', `${makeToken()}.x`, 'malformed'],
  ['of five parts, encrypted', 'a.b.c.d.e', 'malformed'],
  ['of empty parts', '..', 'malformed'],
  ['with padding', tampered(2, (s) => `${s}==`), 'malformed'],
  ['in base64 instead of base64url', tampered(2, (s) => `+/${s.slice(2)}`), 'malformed'],
  ['with stray bits at the end of its signature', tampered(2, withStrayBits), 'malformed'],
]

const oddKeys: VerificationKey[] = [
  {
    kid: 'ES256-other',
    algorithm: 'ES256',
    key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
  },
  {
    kid: 'mislabelled',
    algorithm: 'ES256',
    key: generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey,
  },
  { kid: 'short', algorithm: 'RS256', key: generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey },
]

describe('jwt refuses a token', () => {
  it.each(refused)('%s', async (_, token, code) => {
    const { ending, x, reply } = await callWith(token, {}, keysOf(...oddKeys))
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: `jwt.${code}` } })
    expect(x.principal).toBeUndefined()
    expect(reply.status).toBe(401)
    expect(reply.headers.get('www-authenticate')).toMatch(
      /^Bearer realm="https:\/\/api\.example\/warehouse\/v1", error="invalid_token", error_description="[^"\\]+", resource_metadata="https:\/\/api\.example\/\.well-known\/oauth-protected-resource\/warehouse\/v1"$/,
    )
  })

  it('without a claim that the operator demands', async () => {
    const present = (name: string) => ({ claim: `/${name}`, present: true })
    const { ending } = await callWith(makeToken(), { assertions: [present('jti'), present('tenant')] })
    expect(ending).toMatchObject({ fault: { code: 'jwt.refused-claim' } })
    expect((await callWith(makeToken(), { assertions: [present('jti')] })).ending).toBeUndefined()
  })

  it('as soon as it ends when no skew is allowed', async () => {
    const ends = makeToken({ claims: { exp: seconds(0) } })
    expect((await callWith(ends, { clockSkew: '0s' })).ending).toMatchObject({
      fault: { code: 'jwt.expired' },
    })
  })

  it('without asking for a key, where its header alone is enough', async () => {
    const keys: Keys = {
      find: () => {
        throw new Error('was asked')
      },
    }
    for (const token of [noneToken('none'), makeToken({ header: { typ: 'JWT' } }), 'x'.repeat(9000)]) {
      expect((await callWith(token, {}, keys)).reply.status).toBe(401)
    }
  })

  it('whose key is private: that is a mistake of whoever provides the keys', async () => {
    const wrong: VerificationKey = { ...verificationKey('ES256', 'private'), key: pairs.ES256.privateKey }
    const { ending } = await callWith(makeToken({ header: { kid: 'private' } }), {}, keysOf(wrong))
    expect(ending).toMatchObject({ fault: { code: 'jwt.wrong-algorithm' } })
  })

  it('whichever bit of it is flipped', async () => {
    for (const algorithm of algorithms) {
      const token = makeToken({ algorithm })
      for (let at = 0; at < token.length; at += 7) {
        const changed =
          token.slice(0, at) + String.fromCharCode(token.charCodeAt(at) ^ 1) + token.slice(at + 1)
        expect((await callWith(changed)).ending, changed).toMatchObject({ verdict: 'refuse' })
      }
    }
  })
})
