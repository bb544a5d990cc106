import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, importJWK, jwtVerify } from 'jose'
import Provider, { type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider'
import { CONNECTIONS, EXCHANGE, JWT_BEARER, type TokenSite } from './token-site.ts'

/**
 * oidc-provider as it comes, over its own store in memory: what stands beside ours. The grants that it has none of are as
 * small as they can be: the token that was handed in is verified, and one is issued.
 */

process.once('SIGTERM', () => process.exit(0))

const WAREHOUSE = 'https://api.example/warehouse/v1'
const BILLING = 'https://api.example/billing/v1'

const server = createServer().listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const { port } = server.address() as AddressInfo
const issuer = `http://127.0.0.1:${port}`
const [signing, own] = await Promise.all([makeKey('signing'), makeKey('bench')])
const client = { id: 'robot', secret: 'correct horse battery staple' }

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: client.id,
      client_secret: client.secret,
      grant_types: ['client_credentials', 'authorization_code', 'refresh_token', EXCHANGE, JWT_BEARER],
      redirect_uris: ['https://robot.example/callback'],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  jwks: { keys: [signing.privateJwk] },
  scopes: ['openid', 'offline_access', 'list_items'],
  cookies: { keys: ['only for this benchmark'] },
  rotateRefreshToken: true,
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  ttl: { AccessToken: 600, ClientCredentials: 600, RefreshToken: 3600, Grant: 3600, IdToken: 600 },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
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
    await issue(ctx, String(payload.sub), WAREHOUSE)
  },
  ['assertion', 'resource', 'scope'],
)
provider.on('server_error', (_, error) => console.error(error))
server.on('request', provider.callback())

const robot = await provider.Client.find(client.id)
if (robot === undefined) throw new Error('there is no client')
const grant = new provider.Grant({ accountId: 'ada', clientId: client.id })
grant.addOIDCScope('openid offline_access')
grant.addResourceScope(WAREHOUSE, 'list_items')
const grantId = await grant.save()
const tokenOf = (accessTokenFormat: 'jwt' | 'opaque'): Promise<string> =>
  new provider.AccessToken({
    accountId: 'ada',
    client: robot,
    grantId,
    gty: 'authorization_code',
    scope: 'list_items',
    resourceServer: new provider.ResourceServer(WAREHOUSE, resourceServer(WAREHOUSE, accessTokenFormat)),
  } as never).save()
const refreshTokenOf = (): Promise<string> =>
  new provider.RefreshToken({
    accountId: 'ada',
    client: robot,
    grantId,
    gty: 'authorization_code',
    authTime: Math.floor(Date.now() / 1000),
    resource: WAREHOUSE,
    rotations: 0,
    iiat: Math.floor(Date.now() / 1000),
    scope: 'openid offline_access list_items',
  } as never).save()

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
  refreshTokens: await Promise.all(Array.from({ length: CONNECTIONS }, refreshTokenOf)),
  key: own.privateJwk,
}
console.log(JSON.stringify(site))
