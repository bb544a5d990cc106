import { acrs } from '@portcullis/oauth/sign-in/acr'
import { FEDERATED } from '../upstream/federated-sessions.ts'
import type { Provider } from '../upstream/providers.ts'
import type { UpstreamIdentity } from '../upstream/upstream.ts'
import type { Answer, Interaction } from './interaction.ts'

/** The end of the sign-in: the session that begins now rests on what the provider said. */
export async function signedIn(
  { tenant, ports }: Interaction,
  provider: Provider,
  identity: UpstreamIdentity,
  user: string,
): Promise<Answer> {
  const nowSeconds = Math.floor(ports.clock.now() / 1000)
  return {
    result: {
      login: {
        accountId: user,
        acr: identity.multiFactor ? acrs.multiFactor : acrs.password,
        amr: identity.multiFactor ? [FEDERATED, 'mfa'] : [FEDERATED],
        ts: Math.min(identity.authenticatedAt ?? nowSeconds, nowSeconds),
        remember: false,
        federated: await tenant.federation.sessions.describe(provider, identity, user),
      },
    },
  }
}
