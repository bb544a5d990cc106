import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { accountOf } from '../../upstream/accounts.ts'
import { upstreamFaults } from '../../upstream/fault.ts'
import type { Provider } from '../../upstream/providers.ts'
import type { PresentedAssertion, UpstreamIdentity } from '../../upstream/upstream.ts'
import { type GrantParts, type OwnGrant, parameter } from '../grant.ts'
import { issueForApp } from '../issue.ts'

/** Of the base64; what the verifier takes at most. */
const MOST_CHARACTERS = 350_000

/**
 * SAML 2.0 bearer (RFC 7522 §2.1): an app presents what an identity provider says of a user, and gets a token for that user's
 * account here. Of providers that are declared to vouch for users, and only where the app may use this grant.
 */
export const samlBearer: OwnGrant = {
  name: 'saml_bearer',
  type: 'urn:ietf:params:oauth:grant-type:saml2-bearer',
  parameters: ['assertion', 'scope', 'resource', 'audience'],
  async answer(ctx, parts) {
    const { provider, identity } = await vouchedFor(ctx, parts, xmlOf(parameter(ctx, 'assertion')))
    const user = await userOf(parts, provider, identity)
    // There is no page on which to ask for it.
    if (!identity.multiFactor && (await parts.needsSecondFactor(user)))
      throw new errors.InvalidGrant(
        'this user signs in with a second factor, which this grant cannot ask for',
      )
    await issueForApp(ctx, parts, user)
  },
}

/** §2.1: in base64url, and it may be padded. */
function xmlOf(assertion: string | undefined): string {
  if (assertion === undefined) throw new errors.InvalidRequest('assertion is missing')
  if (assertion.length > MOST_CHARACTERS || !/^[A-Za-z0-9_-]+={0,2}$/.test(assertion))
    throw new errors.InvalidGrant('the assertion must be one SAML 2.0 assertion in base64url')
  return Buffer.from(assertion, 'base64url').toString('utf8')
}

async function vouchedFor(
  ctx: KoaContextWithOIDC,
  { issuer, federation }: GrantParts,
  xml: string,
): Promise<{ readonly provider: Provider; readonly identity: UpstreamIdentity }> {
  const { ReplayDetection } = ctx.oidc.provider
  const endpoint = ctx.oidc.urlFor('token')
  const presented: PresentedAssertion = {
    xml,
    // §3, 2. and 5B.: we are meant, and it was sent to the token endpoint; what is for the sign-in is for that alone.
    audiences: [issuer.href, endpoint],
    recipients: [endpoint],
    isFirstUse: (use) => ReplayDetection.unique(use.issuer, use.id, Math.ceil(use.until / 1000)),
  }
  for (const provider of await federation.listProviders()) {
    const { upstream } = provider
    if (upstream.by !== 'browser' || upstream.vouch === undefined) continue
    try {
      return { provider, identity: await upstream.vouch(presented) }
    } catch (thrown) {
      // Of another issuer, or no good: the next one may be who it speaks for.
      if (!upstreamFaults.refused.is(thrown)) throw thrown
    }
  }
  throw new errors.InvalidGrant('the assertion is not good')
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
