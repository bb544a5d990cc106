import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider'
import introspection from 'oidc-provider/lib/actions/introspection.js'
import revocation from 'oidc-provider/lib/actions/revocation.js'
import token from 'oidc-provider/lib/actions/token.js'
import clientAuthentication from 'oidc-provider/lib/shared/client_auth.js'
import { parameter } from '../grant/grant.ts'
import { readPresented } from '../grant/saml-bearer/presented.ts'
import { ASSERTED_BY } from '../provider/client.ts'
import type { ProviderParts } from '../provider/configuration.ts'

const SAML = 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer'

type Parts = Pick<ProviderParts, 'issuer' | 'federation'>
type Step = (typeof clientAuthentication)[number]

const answering = new WeakMap<Provider, Parts>()

/**
 * Apps that prove who they are by a SAML assertion (RFC 7522 §2.2). oidc-provider reads every assertion of a client as a JWT, in one
 * step of its endpoints: ours takes its place, and leaves all but these to it.
 */
export function authenticateBySaml(provider: Provider, parts: Parts): void {
  answering.set(provider, parts)
}

const others = clientAuthentication.at(-1) as Step
for (const steps of [clientAuthentication, token, introspection, revocation]) {
  const place = steps.indexOf(others)
  if (place < 0)
    throw new TypeError('oidc-provider has no step that authenticates clients where we look for it')
  steps[place] = authenticate
}

async function authenticate(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  const parts = answering.get(ctx.oidc.provider)
  if (parts === undefined || ctx.oidc.params?.client_assertion_type !== SAML) return others(ctx, next)
  const assertion = parameter(ctx, 'client_assertion')
  if (assertion === undefined) throw new errors.InvalidRequest('client_assertion is missing')
  // RFC 6749 §2.3: one way in each request.
  if (ctx.headers.authorization !== undefined || parameter(ctx, 'client_secret') !== undefined) {
    throw new errors.InvalidRequest('client authentication must only be provided using one mechanism')
  }
  const found = await readPresented(ctx, parts, assertion, ({ vouchForApp }) => vouchForApp)
  if (found === undefined) throw new errors.InvalidClientAuth('the assertion is not good')
  const { provider, said: name } = found
  // RFC 7521 §4.2: it need not be there, and must not say otherwise.
  if ((parameter(ctx, 'client_id') ?? name) !== name) throw new errors.InvalidRequest('client_id mismatch')
  const client = await ctx.oidc.provider.Client.find(name)
  if (client?.[ASSERTED_BY] !== provider.name) {
    throw new errors.InvalidClientAuth('the client is not one that this provider vouches for')
  }
  ctx.oidc.entity('Client', client)
  await next()
}
