import { acrs, meetsAcr } from '@portcullis/oauth/sign-in/acr'
import { postPage } from '../page/forward-page.ts'
import { accountOf } from '../upstream/accounts.ts'
import { upstreamFaults } from '../upstream/fault.ts'
import type { Provider } from '../upstream/providers.ts'
import type { BrowserUpstream, SignInDemand, UpstreamIdentity } from '../upstream/upstream.ts'
import type { Answer, Interaction } from './interaction.ts'
import { askForLink } from './link-form.ts'
import { signedIn } from './signed-in.ts'

/** Clocks of ours and of providers may be apart by this. */
const TOLERANCE_SECONDS = 10

/** Sends the browser to a provider. */
export async function goTo(
  interaction: Interaction,
  provider: Provider & { readonly upstream: BrowserUpstream },
  login: string | undefined,
): Promise<Answer> {
  const { tenant, uid } = interaction
  const { pending, callbackOf } = tenant.federation
  const demand = demandOf(interaction)
  const state = pending.newState()
  const loginHint = login === undefined || login === '' ? {} : { loginHint: login }
  const signIn = { state, callback: callbackOf(provider.name), demand, ...loginHint }
  const beginning = await provider.upstream.begin(signIn)
  await pending.keep(state, { provider: provider.name, uid, demand }, beginning.kept)
  const { title } = provider.spec
  if ('location' in beginning) return { forward: beginning.location, title }
  const { action, fields } = beginning
  const page = postPage({ organization: await tenant.title(), title, action, fields })
  return { status: 200, page, formTarget: action.href }
}

/** The browser is back, with what the provider says. */
export async function comeBack(interaction: Interaction, state: string): Promise<Answer> {
  const { tenant, uid } = interaction
  const { pending, callbackOf } = tenant.federation
  const { provider: name, demand, begunAt, kept, parameters } = await pending.take(state, uid)
  const provider = (await tenant.federation.listProviders()).find((each) => each.name === name)
  if (provider?.upstream.by !== 'browser') throw upstreamFaults.unknown()
  const answer = { state, callback: callbackOf(name), kept, demand, parameters }
  try {
    const identity = await provider.upstream.finish(answer)
    demandFresh(identity, demand, begunAt)
    return await acceptIdentity(interaction, provider, identity)
  } catch (thrown) {
    if (!upstreamFaults.cancelled.is(thrown)) throw thrown
    return { result: { error: 'access_denied', error_description: 'the user did not sign in' } }
  }
}

/** Who the user is has been proved: which account is it? */
export async function acceptIdentity(
  interaction: Interaction,
  provider: Provider,
  identity: UpstreamIdentity,
): Promise<Answer> {
  const { tenant, ports, clientId: client, address } = interaction
  const parts = { store: ports.store, clock: ports.clock, organization: tenant.organization }
  const found = await accountOf(parts, provider, identity)
  if (found === 'unlinked') return askForLink(interaction, provider, identity)
  const { user, how } = found
  const { organization } = tenant
  ports.log.info('signed in', {
    organization,
    subject: user,
    client,
    address,
    provider: provider.name,
    account: how,
  })
  return signedIn(interaction, provider, identity, user)
}

function demandOf({ asked, tenant }: Interaction): SignInDemand {
  const { again, maxAgeSeconds } = asked
  const { signInSeconds } = tenant.lifetimes
  return {
    again,
    multiFactor: !meetsAcr(acrs.password, asked.acrs),
    maxAgeSeconds: again ? 0 : Math.min(maxAgeSeconds ?? signInSeconds, signInSeconds),
    isAsked: again || maxAgeSeconds !== undefined,
  }
}

/**
 * OpenID Connect Core §2, `auth_time`; SAML 2.0 Core §2.7.2, AuthnInstant. Measured from when the sign-in began here:
 * whoever takes long there is no older for it.
 */
function demandFresh(
  { authenticatedAt }: UpstreamIdentity,
  { maxAgeSeconds, isAsked }: SignInDemand,
  begunAt: number,
): void {
  if (authenticatedAt === undefined && !isAsked) return
  const oldest = begunAt / 1000 - maxAgeSeconds - TOLERANCE_SECONDS
  if (authenticatedAt !== undefined && authenticatedAt >= oldest) return
  throw upstreamFaults.refused({
    detail: 'Your sign-in there is too old for what the app asks.',
    internal: `signed in at ${authenticatedAt}, which is before ${oldest}`,
  })
}
