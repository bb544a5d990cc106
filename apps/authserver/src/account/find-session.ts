import type { IncomingMessage, ServerResponse } from 'node:http'
import { acrs, meetsAcr } from '@portcullis/oauth/acr'
import { isSessionOver } from '../provider/prompt.ts'
import type { Tenant } from '../tenant.ts'

export interface AccountSession {
  readonly user: string
  readonly uid: string
  readonly acr: string | undefined
  /** Seconds since the epoch. */
  readonly signedInAt: number
}

/**
 * The session of the browser, if it is good for its user's account: under the same rules as for an app that asks for
 * nothing special.
 */
export async function findSession(
  tenant: Tenant,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<AccountSession | undefined> {
  const { provider } = tenant
  const session = await provider.Session.get(provider.createContext(request, response))
  const { accountId: user, uid, acr, loginTs } = session
  if (user === undefined || loginTs === undefined) return undefined
  const account = await tenant.readAccount(user, session)
  if (isSessionOver(session, account, tenant.lifetimes.signInSeconds)) return undefined
  if (!meetsAcr(acr, [acrs.multiFactor]) && (await tenant.needsSecondFactor(user))) return undefined
  return { user, uid, acr, signedInAt: loginTs }
}
