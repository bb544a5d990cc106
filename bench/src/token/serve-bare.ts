import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { newPkce } from '@portcullis/authserver/test-browser'
import { openAssertions } from '@portcullis/saml/assertions'
import { makeSigner, signRoot, writeAssertion } from '@portcullis/saml/fixture/idp'
import { exportJWK, generateKeyPair, importJWK, jwtVerify } from 'jose'
import Provider, { type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider'
import { answerOrders } from './supply.ts'
import { DEVICE_CODE, EXCHANGE, JWT_BEARER, SAML_BEARER, type TokenSite } from './token-site.ts'

/**
 * oidc-provider as it comes, over its own store in memory: what stands beside ours. The grants that it has none of are as
 * small as they can be: what was handed in is verified, an assertion for its first use, and a token is issued.
 */

process.once('SIGTERM', () => process.exit(0))
// The output is for answers; what oidc-provider thinks of its defaults is none.
console.info = console.error

const WAREHOUSE = 'https://api.example/warehouse/v1'
const BILLING = 'https://api.example/billing/v1'

const server = createServer().listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const { port } = server.address() as AddressInfo
const issuer = `http://127.0.0.1:${port}`
const [signing, own] = await Promise.all([makeKey('signing'), makeKey('bench')])
const client = { id: 'robot', secret: 'correct horse battery staple' }
const redirectUri = 'https://robot.example/callback'
const pkce = newPkce()

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: client.id,
      client_secret: client.secret,
      grant_types: [
        ...['client_credentials', 'authorization_code', 'refresh_token'],
        ...[DEVICE_CODE, EXCHANGE, JWT_BEARER, SAML_BEARER],
      ],
      redirect_uris: [redirectUri],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  jwks: { keys: [signing.privateJwk] },
  scopes: ['openid', 'offline_access', 'list_items'],
  cookies: { keys: ['only for this benchmark'] },
  rotateRefreshToken: true,
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  ttl: {
    ...{ AccessToken: 600, ClientCredentials: 600, IdToken: 600 },
    ...{ RefreshToken: 3600, Grant: 3600, AuthorizationCode: 600, DeviceCode: 600 },
  },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, resource) => resourceServer(resource, 'jwt'),
    },
  },
})

function resourceServer(audience: string, accessTokenFormat: 'jwt' | 'opaque'): ResourceServer {
  return {
    audience,
    scope: 'list_items',
    accessTokenFormat,
    jwt: { sign: { alg: 'ES256' } },
  } as ResourceServer
}

async function makeKey(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const named = { kid, alg: 'ES256', use: 'sig' }
  return {
    publicKey,
    publicJwk: { ...(await exportJWK(publicKey)), ...named },
    privateJwk: { ...(await exportJWK(privateKey)), ...named },
  }
}

async function issue(ctx: KoaContextWithOIDC, accountId: string, audience: string): Promise<void> {
  const token = new provider.AccessToken({
    accountId,
    client: ctx.oidc.client,
    grantId: 'grant',
    gty: String(ctx.oidc.params?.grant_type),
    scope: 'list_items',
    resourceServer: new provider.ResourceServer(audience, resourceServer(audience, 'jwt')),
  } as never)
  ctx.body = { access_token: await token.save(), expires_in: token.expiration, token_type: 'Bearer' }
}

const signingKey = await importJWK(signing.publicJwk, 'ES256')
provider.registerGrantType(
  EXCHANGE,
  async (ctx) => {
    const { subject_token: token, audience } = ctx.oidc.params ?? {}
    const { payload } = await jwtVerify(String(token), signingKey, { issuer, audience: WAREHOUSE })
    await issue(ctx, String(payload.sub), String(audience))
  },
  ['subject_token', 'subject_token_type', 'audience'],
)
provider.registerGrantType(
  JWT_BEARER,
  async (ctx) => {
    const { assertion } = ctx.oidc.params ?? {}
    const { payload } = await jwtVerify(String(assertion), own.publicKey, {
      issuer: client.id,
      audience: issuer,
    })
    await demandFirstUse(client.id, String(payload.jti), payload.exp ?? 0)
    await issue(ctx, String(payload.sub), WAREHOUSE)
  },
  ['assertion', 'resource', 'scope'],
)
const idp = { name: 'https://idp.example', signer: makeSigner() }
const assertions = openAssertions()
provider.registerGrantType(
  SAML_BEARER,
  async (ctx) => {
    const xml = Buffer.from(String(ctx.oidc.params?.assertion), 'base64url').toString('utf8')
    const { subject } = await assertions.verify(xml, {
      issuers: [{ name: idp.name, certificates: [idp.signer.certificate] }],
      audiences: [issuer],
      recipients: [`${issuer}/token`],
      now: Date.now(),
      skewMillis: 60_000,
      maxAgeMillis: 3_600_000,
      isFirstUse: ({ issuer: by, id, until }) =>
        provider.ReplayDetection.unique(by, id, Math.ceil(until / 1000)),
    })
    await issue(ctx, subject.value, WAREHOUSE)
  },
  ['assertion', 'resource', 'scope'],
)

async function demandFirstUse(by: string, id: string, until: number): Promise<void> {
  if (!(await provider.ReplayDetection.unique(by, id, until))) throw new Error('it was used before')
}
provider.on('server_error', (_, error) => console.error(error))
server.on('request', provider.callback())

const robot = await provider.Client.find(client.id)
if (robot === undefined) throw new Error('there is no client')
async function newGrant(): Promise<string> {
  const grant = new provider.Grant({ accountId: 'ada', clientId: client.id })
  grant.addOIDCScope('openid offline_access')
  grant.addResourceScope(WAREHOUSE, 'list_items')
  return grant.save()
}
const grantId = await newGrant()
const tokenOf = (accessTokenFormat: 'jwt' | 'opaque'): Promise<string> =>
  new provider.AccessToken({
    accountId: 'ada',
    client: robot,
    grantId,
    gty: 'authorization_code',
    scope: 'list_items',
    resourceServer: new provider.ResourceServer(WAREHOUSE, resourceServer(WAREHOUSE, accessTokenFormat)),
  } as never).save()
/** Of a sign-in that was just now: each has a grant of its own. */
async function given() {
  const now = Math.floor(Date.now() / 1000)
  return {
    ...{ accountId: 'ada', client: robot, grantId: await newGrant(), authTime: now, iiat: now },
    ...{ resource: WAREHOUSE, scope: 'openid offline_access list_items' },
  }
}
const times =
  (make: () => Promise<string>) =>
  (count: number): Promise<string[]> =>
    Promise.all(Array.from({ length: count }, make))
answerOrders({
  'refresh-token': times(async () => {
    const token = { ...(await given()), gty: 'authorization_code', rotations: 0 }
    return new provider.RefreshToken(token as never).save()
  }),
  code: times(async () => {
    const proof = { redirectUri, codeChallenge: pkce.challenge, codeChallengeMethod: 'S256' }
    return new provider.AuthorizationCode({ ...(await given()), ...proof } as never).save()
  }),
  'device-code': times(async () => {
    const device = { ...(await given()), userCode: randomBytes(6).toString('hex'), params: {} }
    return new provider.DeviceCode(device as never).save()
  }),
  'saml-assertion': times(async () => {
    const now = Date.now()
    const assertion = writeAssertion({
      id: `_${randomUUID()}`,
      issuer: idp.name,
      issuedAt: now,
      subject: { value: 'z-1' },
      confirmations: [
        { method: 'bearer', recipient: `${issuer}/token`, notOnOrAfter: now + 60_000, certificates: [] },
      ],
      audiences: [[issuer]],
      oneTimeUse: false,
      attributes: {},
    })
    return Buffer.from(signRoot(assertion, idp.signer)).toString('base64url')
  }),
})

const site: TokenSite = {
  port,
  issuer,
  tokenPath: '/token',
  introspectionPath: '/token/introspection',
  client,
  resource: WAREHOUSE,
  exchangeTo: BILLING,
  subjectToken: await tokenOf('jwt'),
  // It can introspect no JWT.
  inspectedToken: await tokenOf('opaque'),
  redirectUri,
  codeVerifier: pkce.verifier,
  key: own.privateJwk,
}
console.log(JSON.stringify(site))
