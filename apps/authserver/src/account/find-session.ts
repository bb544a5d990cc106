import type { IncomingMessage, ServerResponse } from 'node:http'
import { acrs, meetsAcr } from '@portcullis/oauth/sign-in/acr'
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
 * The session of the browser, if it is good for its user's account: under the same rules as for an app, but that no trust in
 * a browser stands for a second factor here (`weak`).
 */
export async function findSession(
  tenant: Tenant,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<AccountSession | 'none' | 'weak'> {
  const { provider } = tenant
  const session = await provider.Session.get(provider.createContext(request, response))
  const { accountId: user, uid, acr, loginTs } = session
  if (user === undefined || loginTs === undefined) return 'none'
  const account = await tenant.readAccount(user, session)
  if (isSessionOver(session, account, tenant.lifetimes.signInSeconds)) return 'none'
  if (!meetsAcr(acr, [acrs.multiFactor]) && (await tenant.needsSecondFactor(user))) return 'weak'
  return { user, uid, acr, signedInAt: loginTs }
}
