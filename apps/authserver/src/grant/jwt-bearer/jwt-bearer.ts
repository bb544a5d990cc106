import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { VOUCHES } from '../../provider/client.ts'
import { type GrantParts, type OwnGrant, parameter } from '../grant.ts'
import { issueForApp } from '../issue.ts'
import { exchangeToken } from '../token-exchange/token-exchange.ts'
import { subjectOfAssertion } from './assertion.ts'

/**
 * JWT bearer (RFC 7523 §2.1): an app signs for itself, or for a user for whom it may vouch. In the on-behalf-of form the
 * assertion is the access token that the app was called with, and the rules are those of token exchange.
 */
export const jwtBearer: OwnGrant = {
  name: 'jwt_bearer',
  type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  parameters: ['assertion', 'requested_token_use', 'scope', 'resource', 'audience'],
  async answer(ctx, parts) {
    const assertion = parameter(ctx, 'assertion')
    if (assertion === undefined) throw new errors.InvalidRequest('assertion is missing')
    const use = parameter(ctx, 'requested_token_use')
    if (use === undefined) return answerAssertion(ctx, parts, assertion)
    if (use !== 'on_behalf_of') throw new errors.InvalidRequest('requested_token_use must be on_behalf_of')
    const subject = await parts.readAccessToken(assertion)
    if (subject === undefined) throw new errors.InvalidGrant('the assertion is no good access token')
    return exchangeToken(ctx, parts, subject, ctx.oidc.client?.clientId ?? '')
  },
}

async function answerAssertion(ctx: KoaContextWithOIDC, parts: GrantParts, assertion: string): Promise<void> {
  const { client } = ctx.oidc
  if (client === undefined) throw new errors.InvalidClient('no client')
  const subject = await subjectOfAssertion(ctx, client, assertion)
  if (subject !== client.clientId) {
    if (client[VOUCHES] !== true) throw new errors.InvalidGrant('this app may not vouch for users')
    const account = await parts.readAccount(subject)
    if (account === undefined) throw new errors.InvalidGrant('there is no such user')
  }
  await issueForApp(ctx, parts, subject)
}
