import { openMemoryKeys } from '@portcullis/ports/keys/memory'
import { describe, expect, it } from 'vitest'
import { callWith, revision } from './test-call.ts'
import { ISSUER, makeToken, NOW, verificationKey } from './test-issuer.ts'

const OTHER = 'https://login.example'
const OWN_JWKS = 'https://auth.example/hmart/jwks'
const OTHER_JWKS = 'https://login.example/keys'

/** Two issuers whose keys have the same names and are not the same. */
const keys = openMemoryKeys({
  [OWN_JWKS]: [verificationKey('ES256', 'one')],
  [OTHER_JWKS]: [verificationKey('RS256', 'one')],
})
const other = { issuer: OTHER, jwksUri: OTHER_JWKS, types: ['JWT'] }

function tokenOf(
  issuer: string,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): string {
  const own = issuer === ISSUER
  return makeToken({
    algorithm: own ? 'ES256' : 'RS256',
    header: { kid: 'one', typ: own ? 'at+jwt' : 'JWT', ...header },
    claims: { iss: issuer, ...claims },
  })
}

async function codeOf(token: string, config: Record<string, unknown>): Promise<string | undefined> {
  const { ending, x } = await callWith(token, config, keys)
  if (ending?.verdict !== 'refuse') return undefined
  expect(x.principal).toBeUndefined()
  return ending.fault.code
}

describe('jwt with several issuers', () => {
  const issuers = [other]
  it.each([
    ['the environment’s own', tokenOf(ISSUER), { issuers }, undefined],
    ['the other', tokenOf(OTHER), { issuers }, undefined],
    ['an issuer that nobody named', tokenOf('https://evil.example'), { issuers }, 'wrong-issuer'],
    ['the other, where nobody named it', tokenOf(OTHER), {}, 'wrong-issuer'],
    [
      'the environment’s own, where it is left out',
      tokenOf(ISSUER),
      { issuers, ownIssuer: false },
      'wrong-issuer',
    ],
    ['the other, in the type of our own', tokenOf(OTHER, {}, { typ: 'at+jwt' }), { issuers }, 'wrong-type'],
    ['our own, in the type of the other', tokenOf(ISSUER, {}, { typ: 'JWT' }), { issuers }, 'wrong-type'],
    [
      'the other without a type, where none is asked for',
      tokenOf(OTHER, {}, { typ: undefined }),
      { issuers: [{ ...other, types: ['none'] }] },
      undefined,
    ],
    [
      'the other, with an algorithm that it does not use',
      tokenOf(OTHER),
      { issuers: [{ ...other, algorithms: ['ES256'] }] },
      'wrong-algorithm',
    ],
    [
      'the other, for an audience of its own',
      tokenOf(OTHER, { aud: 'warehouse' }),
      { issuers: [{ ...other, audiences: ['warehouse'] }] },
      undefined,
    ],
    [
      'the other, for the API where another audience is asked for',
      tokenOf(OTHER),
      { issuers: [{ ...other, audiences: ['warehouse'] }] },
      'wrong-audience',
    ],
    [
      'our own, for the audience of the other',
      tokenOf(ISSUER, { aud: 'warehouse' }),
      { issuers: [{ ...other, audiences: ['warehouse'] }] },
      'wrong-audience',
    ],
    [
      'our own, as the configuration has it',
      tokenOf(ISSUER, {}, { typ: 'JWT' }),
      { issuers: [{ issuer: ISSUER, jwksUri: OWN_JWKS, types: ['JWT'] }] },
      undefined,
    ],
  ] as [string, string, Record<string, unknown>, string | undefined][])(
    'judges a token of %s',
    async (_, token, config, code) => {
      expect(await codeOf(token, config)).toBe(code && `jwt.${code}`)
    },
  )

  it('never takes a key of one issuer for another', async () => {
    const forged = makeToken({ algorithm: 'RS256', header: { kid: 'one' }, claims: { iss: ISSUER } })
    expect(await codeOf(forged, { issuers: [other] })).toBe('jwt.wrong-algorithm')
    const reverse = makeToken({ header: { kid: 'one', typ: 'JWT' }, claims: { iss: OTHER } })
    expect(await codeOf(reverse, { issuers: [other] })).toBe('jwt.wrong-algorithm')
  })

  it('reads claims where the issuer has them', async () => {
    const claims = {
      client: '/azp',
      subject: '/preferred_username',
      scope: '/scp',
      roles: '/realm_access/roles',
      groups: '/https:~1~1login.example~1groups',
    }
    const token = tokenOf(OTHER, {
      azp: 'shop',
      preferred_username: 'ada',
      scp: ['list_items'],
      realm_access: { roles: ['clerk'] },
      'https://login.example/groups': ['berlin'],
    })
    const { x } = await callWith(token, { issuers: [{ ...other, claims }] }, keys)
    expect(x.principal).toMatchObject({ issuer: OTHER, subject: 'ada' })
    expect([...(x.principal?.scopes ?? [])]).toEqual(['list_items'])
    expect([...(x.principal?.roles ?? [])]).toEqual(['clerk'])
    expect([...(x.principal?.groups ?? [])]).toEqual(['berlin'])
  })

  it('lets no client of another issuer pass for an app of ours, unless the operator says that it is', async () => {
    const clientOf = async (config: object) =>
      (await callWith(tokenOf(OTHER), { issuers: [{ ...other, ...config }] }, keys)).x.principal?.client
    expect(await clientOf({})).toBe(`robot@${OTHER}`)
    expect(await clientOf({ apps: { robot: 'their-robot' } })).toBe('their-robot')
    expect(await clientOf({ apps: { constructor: 'their-robot' } })).toBe(`robot@${OTHER}`)
    expect((await callWith(tokenOf(ISSUER), { issuers: [other] }, keys)).x.principal?.client).toBe('robot')
  })

  it('takes it for the app that says so itself, with the subscriptions that it has', async () => {
    const externalApps = [{ issuer: OTHER, clientId: 'robot', app: 'imported' }]
    const imported = { ...revision, externalApps }
    const principalOf = async (issuer: string) =>
      (await callWith(tokenOf(issuer), { issuers: [other] }, keys, {}, imported)).x.principal
    const clientOf = async (issuer: string) => (await principalOf(issuer))?.client
    // So that who revokes the tokens of the app revokes those, too.
    expect((await principalOf(OTHER))?.token?.app).toEqual({ issuer: ISSUER, name: 'imported' })
    expect(await clientOf(OTHER)).toBe('imported')
    expect(await clientOf(ISSUER)).toBe('robot')
  })

  it('lets a client that a document describes be itself, of the app that stands for it: our own clients alone', async () => {
    const id = 'https://editor.example/clients/a.json'
    const documentApps = [{ place: 'https://editor.example/clients/', app: 'editors' }]
    const principalOf = async (issuer: string, client_id: string) =>
      (
        await callWith(
          tokenOf(issuer, { client_id }),
          { issuers: [other] },
          keys,
          {},
          { ...revision, documentApps },
        )
      ).x.principal
    expect(await principalOf(ISSUER, id)).toMatchObject({
      client: id,
      app: 'editors',
      token: { client: id, app: { issuer: ISSUER, name: 'editors' } },
    })
    for (const [issuer, client] of [
      [OTHER, id],
      [ISSUER, 'https://other.example/clients/a.json'],
    ] as const) {
      expect((await principalOf(issuer, client))?.app).toBeUndefined()
    }
  })

  it('and the name by which a token is revoked is the issuer’s', async () => {
    const config = { issuers: [{ ...other, apps: { robot: 'their-robot' } }] }
    const { x } = await callWith(tokenOf(OTHER), config, keys)
    expect(x.principal?.token).toMatchObject({ issuer: OTHER, client: 'robot' })
  })
})

describe('jwt holds tokens to assertions', () => {
  const claims = {
    tenant: 'hmart',
    level: 3,
    verified: true,
    roles: ['clerk', 'buyer'],
    amr: 'pwd otp',
    deep: { a: [{ b: 1 }] },
  }
  const row = (claim: string, demand: object, holds: boolean) => [{ claim, ...demand }, holds] as const
  it.each([
    row('/tenant', { equals: 'hmart' }, true),
    row('/tenant', { equals: 'acme' }, false),
    row('/level', { equals: 3 }, true),
    row('/level', { equals: '3' }, false),
    row('/verified', { equals: true }, true),
    row('/verified', { equals: 'true' }, false),
    row('/absent', { equals: 'x' }, false),
    row('/tenant', { oneOf: ['acme', 'hmart'] }, true),
    row('/tenant', { oneOf: ['acme'] }, false),
    row('/roles', { oneOf: ['clerk'] }, false),
    row('/roles', { contains: 'clerk' }, true),
    row('/roles', { contains: 'admin' }, false),
    row('/amr', { contains: 'otp' }, true),
    row('/amr', { contains: 'ot' }, false),
    row('/deep', { contains: 'a' }, false),
    row('/deep/a/0/b', { equals: 1 }, true),
    row('/deep/a/1/b', { equals: 1 }, false),
    row('/deep', { present: true }, true),
    row('/absent', { present: true }, false),
    row('/constructor', { present: true }, false),
    row('/roles/length', { present: true }, false),
  ])('%j: %s', async (assertion, holds) => {
    const token = tokenOf(ISSUER, claims)
    expect(await codeOf(token, { assertions: [assertion] })).toBe(holds ? undefined : 'jwt.refused-claim')
  })

  it('of their issuer beside those of all', async () => {
    const config = {
      assertions: [{ claim: '/tenant', equals: 'hmart' }],
      issuers: [{ ...other, assertions: [{ claim: '/level', equals: 4 }] }],
    }
    expect(await codeOf(tokenOf(ISSUER, claims), config)).toBeUndefined()
    expect(await codeOf(tokenOf(OTHER, claims), config)).toBe('jwt.refused-claim')
    expect(await codeOf(tokenOf(OTHER, { ...claims, level: 4 }), config)).toBeUndefined()
    expect(await codeOf(tokenOf(OTHER, { level: 4 }), config)).toBe('jwt.refused-claim')
  })
})

describe('jwt looks at the age of a token', () => {
  it.each([
    [-3600, undefined],
    [-3609, undefined],
    [-3610, 'too-old'],
    [undefined, 'bad-claims'],
  ])('issued %s seconds ago: %s', async (offset, code) => {
    const iat = offset === undefined ? undefined : NOW / 1000 + offset
    expect(await codeOf(tokenOf(ISSUER, { iat }), { maxAge: '1h' })).toBe(code && `jwt.${code}`)
    if (offset !== undefined) expect(await codeOf(tokenOf(ISSUER, { iat }), {})).toBeUndefined()
  })
})

it.each([
  [{ ownIssuer: false }],
  [{ issuers: [other, other] }],
  [{ issuers: [{ ...other, jwksUri: 'ftp://x' }] }],
  [{ assertions: [{ claim: '/a' }] }],
  [{ assertions: [{ claim: '/a', equals: 1, present: true }] }],
  [{ assertions: [{ claim: 'a', equals: 1 }] }],
  [{ assertions: [{ claim: '/a~2', equals: 1 }] }],
])('the config %j is refused', async (config) => {
  await expect(callWith(tokenOf(ISSUER), config, keys)).rejects.toThrow()
})
