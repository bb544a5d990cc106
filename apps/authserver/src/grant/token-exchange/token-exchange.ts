import type { ExchangeRight } from '@portcullis/model/resource/exchange-right'
import { type AuthorizationDetail, withinAllowed } from '@portcullis/oauth/authorization-detail'
import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { readDetails } from '../../authorization-details/check-details.ts'
import type { AccessTokenClaims } from '../../provider/access-token.ts'
import { EXCHANGE_RIGHTS, SERVES } from '../../provider/client.ts'
import type { Actor, ExtraClaims } from '../../provider/extra-claims.ts'
import { demandSubscription } from '../demand-subscription.ts'
import { type GrantParts, type OwnGrant, parameter } from '../grant.ts'
import { issueAccessToken } from '../issue.ts'
import { readForeignSubject } from './foreign-subject.ts'
import { decideExchange } from './rules.ts'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'

/** Token exchange (RFC 8693): an API that was called with a token gets one for the API that it calls in turn. */
export const tokenExchange: OwnGrant = {
  name: 'token_exchange',
  type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  parameters: [
    'subject_token',
    'subject_token_type',
    'actor_token',
    'actor_token_type',
    'requested_token_type',
    'audience',
    'resource',
    'scope',
    'authorization_details',
  ],
  answer: exchange,
}

async function exchange(ctx: KoaContextWithOIDC, parts: GrantParts): Promise<void> {
  demandTokenType(
    parameter(ctx, 'requested_token_type') ?? ACCESS_TOKEN,
    [ACCESS_TOKEN],
    'requested_token_type',
  )
  const subject = await readToken(ctx, parts, 'subject_token')
  if (subject === undefined) throw new errors.InvalidRequest('subject_token is missing')
  await exchangeToken(ctx, parts, subject, await readActor(ctx, parts), ACCESS_TOKEN)
}

/** Exchanges an access token for one that the request names, if the app has the right. */
export async function exchangeToken(
  ctx: KoaContextWithOIDC,
  parts: GrantParts,
  subject: AccessTokenClaims,
  actor: string,
  issuedTokenType?: string,
): Promise<void> {
  const { client } = ctx.oidc
  if (client === undefined || client.clientAuthMethod === 'none') {
    throw new errors.InvalidClient('an app that can prove who it is')
  }
  // A token is for whoever it names: what came to anybody else in some other way is not to be exchanged.
  if (!listOf<string>(client[SERVES]).includes(subject.aud)) {
    throw new errors.InvalidRequest('the subject token is not for this app')
  }
  await demandStanding(ctx, parts, subject)
  const to = targetOf(ctx)
  const scopes = [...ctx.oidc.requestParamScopes]
  const answer = decideExchange(listOf<ExchangeRight>(client[EXCHANGE_RIGHTS]), {
    app: client.clientId,
    from: subject.aud,
    to,
    scopes,
    act: subject.act as Actor | undefined,
    mayAct: subject.may_act,
    actor,
    issuer: parts.issuer.href,
  })
  const record = { organization: parts.organization, client: client.clientId, subject: subject.sub, actor }
  if (!answer.allowed) {
    parts.log.warn('exchange refused', { ...record, from: subject.aud, to, reason: answer.why })
    throw new errors.CustomOIDCProviderError(answer.error, answer.why)
  }
  await demandSubscription(parts, client.clientId, to, scopes)
  await issueAccessToken(ctx, parts, {
    subject: subject.sub,
    audience: to,
    scopes,
    claims: {
      ...(answer.act !== undefined && { act: answer.act }),
      ...carriedOn(subject),
    },
    details: await carriedDetails(ctx, parts, subject, to),
    seconds: subject.exp - Math.floor(Date.now() / 1000),
    mustBeBound: subject.cnf !== undefined,
    ...(issuedTokenType !== undefined && { issuedTokenType }),
  })
  const { as, act } = answer
  parts.log.info('token exchanged', { ...record, from: subject.aud, to, scope: scopes.join(' '), as, act })
}

/** By what the token can be revoked, and how the user signed in: the next API may ask as much as the first one. */
function carriedOn({
  grant_id,
  sid,
  acr,
  amr,
  auth_time,
  idp,
  roles,
  groups,
}: AccessTokenClaims): ExtraClaims {
  return {
    ...(grant_id !== undefined && { grant_id }),
    ...(sid !== undefined && { sid }),
    ...(acr !== undefined && { acr }),
    ...(amr !== undefined && { amr }),
    ...(auth_time !== undefined && { auth_time }),
    ...(idp !== undefined && { idp }),
    ...(roles !== undefined && { roles }),
    ...(groups !== undefined && { groups }),
  }
}

/** Of what was allowed beyond scopes: what the next API understands, and never more than is asked for (RFC 9396 §6). */
async function carriedDetails(
  ctx: KoaContextWithOIDC,
  { readDirectory }: GrantParts,
  subject: AccessTokenClaims,
  to: string,
): Promise<readonly AuthorizationDetail[]> {
  const audience = (await readDirectory()).audiences.get(to)
  const known = (subject.authorization_details ?? []).filter(({ type }) => audience?.detailTypes.has(type))
  const asked = parameter(ctx, 'authorization_details')
  const details = withinAllowed(known, asked === undefined ? undefined : readDetails(asked))
  if (details === undefined) {
    throw new errors.InvalidAuthorizationDetails('more is asked for than the token carries for this API')
  }
  return details
}

/** An access token among the parameters; §2.2.2: whatever is wrong with it is an invalid request. */
async function readToken(
  ctx: KoaContextWithOIDC,
  parts: GrantParts,
  name: 'subject_token' | 'actor_token',
): Promise<AccessTokenClaims | undefined> {
  const token = parameter(ctx, name)
  const type = parameter(ctx, `${name}_type`)
  if (token === undefined) {
    if (type !== undefined) throw new errors.InvalidRequest(`${name}_type is there without ${name}`)
    return undefined
  }
  demandTokenType(type, [ACCESS_TOKEN, JWT], `${name}_type`)
  const own = await parts.readAccessToken(token)
  // Nobody acts in the name of whom somebody else speaks: an actor's token is ours.
  const claims = own ?? (name === 'subject_token' ? await readForeignSubject(ctx, parts, token) : undefined)
  if (claims === undefined) throw new errors.InvalidRequest(`${name} is not good`)
  return claims
}

/** Without a token of an actor the app itself acts. With one it must be the app's own: nobody lends a name to another. */
async function readActor(ctx: KoaContextWithOIDC, parts: GrantParts): Promise<string> {
  const app = ctx.oidc.client?.clientId ?? ''
  const actor = await readToken(ctx, parts, 'actor_token')
  if (actor === undefined) return app
  if (actor.client_id !== app) throw new errors.InvalidRequest('the actor token is not of this app')
  return actor.sub
}

/** The user may still sign in, and has not taken back what they allowed. */
async function demandStanding(
  ctx: KoaContextWithOIDC,
  { readAccount, issuer }: GrantParts,
  subject: AccessTokenClaims,
): Promise<void> {
  const isForeign = subject.iss !== issuer.href
  if (subject.grant_id === undefined && !isForeign) return
  const account = await readAccount(subject.sub)
  if (isForeign && account !== undefined) return
  const grant = await ctx.oidc.provider.Grant.find(subject.grant_id ?? '')
  if (grant?.accountId !== subject.sub || account === undefined) {
    throw new errors.InvalidRequest('subject_token is not good')
  }
}

function targetOf(ctx: KoaContextWithOIDC): string {
  const [resource, audience] = [parameter(ctx, 'resource'), parameter(ctx, 'audience')]
  if (resource !== undefined && audience !== undefined && resource !== audience) {
    throw new errors.InvalidTarget('resource and audience name two targets: a token is for one')
  }
  const target = resource ?? audience
  if (target === undefined) throw new errors.InvalidTarget('name the API in resource or audience')
  return target
}

function demandTokenType(type: string | undefined, known: readonly string[], name: string): void {
  if (type === undefined || !known.includes(type)) {
    throw new errors.InvalidRequest(`${name} must be ${known.join(' or ')}`)
  }
}

/** Metadata of ours, which came from an `App` that was checked when it was applied. */
function listOf<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? value : []
}
