import { stillAllowed, unknownResource } from '@portcullis/oauth/choose-audience'
import { OPENID, refusalError, userinfoOf } from '../provider/resource-indicator.ts'
import type { GrantParts } from './grant.ts'

/** A right, or an approval, gives no more than the contract declares and the app's own subscription allows now. */
export async function demandSubscription(
  { issuer, readDirectory }: Pick<GrantParts, 'issuer' | 'readDirectory'>,
  app: string,
  audience: string,
  scopes: readonly string[],
): Promise<void> {
  const left =
    audience === userinfoOf(issuer)
      ? scopes.filter((scope) => scope === OPENID)
      : stillAllowed(await readDirectory(), app, audience, scopes)
  if (left === undefined) throw refusalError(unknownResource())
  const missing = scopes.find((scope) => !left.includes(scope))
  if (missing === undefined) return
  const description = `the subscriptions of this app do not allow '${missing.slice(0, 64)}' for this resource`
  throw refusalError({ error: 'invalid_scope', description })
}
