import { onceFor } from '@portcullis/kernel/once-for'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import steps from 'oidc-provider/lib/actions/token.js'
import Params from 'oidc-provider/lib/helpers/params.js'
import instance from 'oidc-provider/lib/helpers/weak_cache.js'
import { getClientAuthParams } from 'oidc-provider/lib/shared/client_auth.js'

/**
 * oidc-provider makes a parameter of every name that any grant knows, some forty, nearly all of them absent, and goes through all of
 * them four times for each token. These are those that were sent: what was not is as absent as before.
 */
const place = steps.findIndex(({ name }) => name === 'assembleTokenParams')
if (place < 0) throw new TypeError('oidc-provider has no step that gathers the parameters of a token request')
steps[place] = async function assembleSentParameters(ctx: KoaContextWithOIDC, next: () => Promise<void>) {
  const { provider, body = {} } = ctx.oidc
  const known = knownTo(provider)(ctx)
  const sent = Object.keys(body).filter((name) => known.has(name))
  Object.assign(ctx.oidc, { params: new Params(sent, body) })
  return next()
}

/** Of all grants, and of how clients prove who they are: settled once the provider is open. */
const knownTo = onceFor((provider: Provider) => {
  let known: ReadonlySet<string> | undefined
  return (ctx: KoaContextWithOIDC): ReadonlySet<string> => {
    known ??= new Set([
      ...(instance(provider).grantTypeParams.get(undefined) ?? []),
      ...getClientAuthParams(ctx),
    ])
    return known
  }
})
