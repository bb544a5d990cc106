import { createHash } from 'node:crypto'
import type { Delivery } from '@portcullis/model/collection'
import { remove } from '@portcullis/ports/store/port'
import { decodeJwt } from 'jose'
import type { BackchannelAuthenticationRequest, Client, KoaContextWithOIDC } from 'oidc-provider'
import { issueTokens } from 'oidc-provider/lib/helpers/grant_common.js'
import {
  applyAuthorizationDetails,
  buildTokenResponse,
  resolveAndApplyResource,
  validateGrant,
} from 'oidc-provider/lib/helpers/grants.js'
import { PUSHED } from '../provider/client.ts'
import { oidcCollections } from '../provider/collection.ts'
import { keyOf } from '../provider/store-adapter.ts'
import type { Tenant } from '../tenant.ts'
import type { Made } from './made.ts'

const CIBA = 'urn:openid:params:grant-type:ciba'
const AUTH_REQ_ID = 'urn:openid:params:jwt:claim:auth_req_id'
const RT_HASH = 'urn:openid:params:jwt:claim:rt_hash'

/** What an app is told or brought once a user has answered, or has not in time (OpenID CIBA Core §10.2, §10.3, §12). */
export async function makeBackchannelAnswer(
  tenant: Tenant,
  app: Client,
  delivery: Delivery,
): Promise<Made | undefined> {
  const { provider, organization } = tenant
  const { id, notificationToken: bearer } = delivery
  const url = app.backchannelClientNotificationEndpoint
  if (url === undefined || bearer === undefined) return undefined
  const made = (body: object): Made => ({
    type: 'application/json',
    bearer,
    body: JSON.stringify({ auth_req_id: id, ...body }),
  })
  const request = await provider.BackchannelAuthenticationRequest.find(id, { ignoreExpiration: true })
  const isAnswered = request !== undefined && (request.grantId !== undefined || request.error !== undefined)
  // Who is only told asks for the rest at the token endpoint, and finds there that the time is over.
  if (app[PUSHED] !== true) return isAnswered ? made({}) : undefined
  if (!isAnswered)
    return made({ error: 'expired_token', error_description: 'the user has not answered in time' })
  const spent = [remove(oidcCollections.BackchannelAuthenticationRequest, organization, keyOf(id))]
  if (request.error !== undefined) return { ...made({ error: request.error }), spent }
  const answer = await tenant.answerOutside(
    app,
    delivery.from ?? { address: '' },
    { grant_type: CIBA, auth_req_id: id },
    (ctx) => pushedTokens(ctx, request, id),
  )
  return { ...made(answer), spent, ...('access_token' in answer && { grantId: request.grantId }) }
}

/** As at the token endpoint; the request is spent with what is written of the answer, so that none is lost in between. */
async function pushedTokens(
  ctx: KoaContextWithOIDC,
  request: BackchannelAuthenticationRequest,
  id: string,
): Promise<void> {
  const { provider } = ctx.oidc
  const helpers = {
    resolveAndApplyResource: resolveAndApplyResource.bind(undefined, provider),
    applyAuthorizationDetails: applyAuthorizationDetails.bind(undefined, provider),
    buildTokenResponse: buildTokenResponse.bind(undefined, provider),
  }
  const grant = await validateGrant(provider, ctx, request.grantId ?? '')
  ctx.oidc.entity('BackchannelAuthenticationRequest', request)
  ctx.oidc.entity('Grant', grant)
  await issueTokens(provider, helpers, ctx, request, grant, {
    gty: 'ciba',
    entityLabel: 'backchannel request',
  })
  const answer = ctx.body as Readonly<Record<string, string>>
  ctx.body = { ...answer, ...(answer.id_token && { id_token: await tiedIdToken(ctx, answer, id) }) }
}

/** CIBA Core §10.3.1: whoever is brought tokens must see that they belong to its request, and to each other. */
async function tiedIdToken(
  ctx: KoaContextWithOIDC,
  { id_token = '', access_token, refresh_token }: Readonly<Record<string, string>>,
  id: string,
): Promise<string> {
  const { provider, client } = ctx.oidc
  const { iss: _, aud: __, iat: ___, exp: ____, ...claims } = decodeJwt(id_token)
  const token = Object.assign(new provider.IdToken({ sub: claims.sub }, { ctx }), { scope: 'openid' })
  for (const [name, value] of Object.entries(claims)) token.set(name, value)
  // It hashes this itself.
  token.set('at_hash', access_token)
  token.set(AUTH_REQ_ID, id)
  if (refresh_token !== undefined)
    token.set(RT_HASH, leftHalf(client?.idTokenSignedResponseAlg ?? '', refresh_token))
  return token.issue({ use: 'idtoken' })
}

/** As `at_hash` (OpenID Connect Core §3.1.3.6): by the hash of the signature. */
function leftHalf(alg: string, text: string): string {
  const [name, options] = alg.startsWith('ML-DSA')
    ? (['shake256', { outputLength: 64 }] as const)
    : ([alg.startsWith('Ed') ? 'sha512' : 'sha256', {}] as const)
  const digest = createHash(name, options).update(text).digest()
  return digest.subarray(0, digest.length / 2).toString('base64url')
}
