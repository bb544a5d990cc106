import type { KoaContextWithOIDC } from 'oidc-provider'
import { upstreamFaults } from '../../upstream/fault.ts'
import type { Federation } from '../../upstream/federation.ts'
import type { Provider } from '../../upstream/providers.ts'
import type { BrowserUpstream, PresentedAssertion } from '../../upstream/upstream.ts'

/** Of the base64; what the verifier takes at most. */
const MOST_CHARACTERS = 350_000

/** For what a provider's word counts, where it does. */
type Reads<T> = (upstream: BrowserUpstream) => ((presented: PresentedAssertion) => Promise<T>) | undefined

/**
 * What an assertion says that an app presents at an endpoint of ours (RFC 7522 §3), and the provider that says it; nothing where it
 * is not good, or of nobody whose word counts. It is spent by that.
 */
export async function readPresented<T>(
  ctx: KoaContextWithOIDC,
  { issuer, federation }: { readonly issuer: URL; readonly federation: Federation },
  assertion: string,
  reads: Reads<T>,
): Promise<{ readonly provider: Provider; readonly said: T } | undefined> {
  // §2.1: in base64url, and it may be padded.
  if (assertion.length > MOST_CHARACTERS || !/^[A-Za-z0-9_-]+={0,2}$/.test(assertion)) return undefined
  const { ReplayDetection } = ctx.oidc.provider
  const endpoint = ctx.oidc.urlFor('token')
  const presented: PresentedAssertion = {
    xml: Buffer.from(assertion, 'base64url').toString('utf8'),
    // §3, 2. and 5B.: we are meant, and it was sent to the token endpoint; what is for the sign-in is for that alone.
    audiences: [issuer.href, endpoint],
    recipients: [endpoint],
    isFirstUse: (use) => ReplayDetection.unique(use.issuer, use.id, Math.ceil(use.until / 1000)),
  }
  for (const provider of await federation.listProviders()) {
    const { upstream } = provider
    const read = upstream.by === 'browser' ? reads(upstream) : undefined
    if (read === undefined) continue
    try {
      return { provider, said: await read(presented) }
    } catch (thrown) {
      // Of another issuer, or no good: the next one may be who it speaks for.
      if (!upstreamFaults.refused.is(thrown)) throw thrown
    }
  }
  return undefined
}
