import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { accountOf } from '../../upstream/accounts.ts'
import { upstreamFaults } from '../../upstream/fault.ts'
import type { Provider } from '../../upstream/providers.ts'
import type { UpstreamIdentity } from '../../upstream/upstream.ts'
import { type GrantParts, type OwnGrant, parameter } from '../grant.ts'
import { issueForApp } from '../issue.ts'
import { readPresented } from './presented.ts'

/**
 * SAML 2.0 bearer (RFC 7522 §2.1): an app presents what an identity provider says of a user, and gets a token for that user's
 * account here. Of providers that are declared to vouch for users, and only where the app may use this grant.
 */
export const samlBearer: OwnGrant = {
  name: 'saml_bearer',
  type: 'urn:ietf:params:oauth:grant-type:saml2-bearer',
  parameters: ['assertion', 'scope', 'resource', 'audience'],
  async answer(ctx, parts) {
    const { provider, said: identity } = await vouchedFor(ctx, parts, parameter(ctx, 'assertion'))
    const user = await userOf(parts, provider, identity)
    // There is no page on which to ask for it.
    if (!identity.multiFactor && (await parts.needsSecondFactor(user)))
      throw new errors.InvalidGrant(
        'this user signs in with a second factor, which this grant cannot ask for',
      )
    await issueForApp(ctx, parts, user)
  },
}

async function vouchedFor(ctx: KoaContextWithOIDC, parts: GrantParts, assertion: string | undefined) {
  if (assertion === undefined) throw new errors.InvalidRequest('assertion is missing')
  const found = await readPresented(ctx, parts, assertion, ({ vouch }) => vouch)
  if (found === undefined) throw new errors.InvalidGrant('the assertion is not good')
  return found
}

async function userOf(parts: GrantParts, provider: Provider, identity: UpstreamIdentity): Promise<string> {
  try {
    const account = await accountOf(parts, provider, identity)
    if (account === 'unlinked') throw new errors.InvalidGrant('there is no account for this user')
    return account.user
  } catch (thrown) {
    if (upstreamFaults.disabled.is(thrown)) throw new errors.InvalidGrant('the account is disabled')
    if (upstreamFaults['no-account'].is(thrown))
      throw new errors.InvalidGrant('there is no account for this user')
    throw thrown
  }
}
