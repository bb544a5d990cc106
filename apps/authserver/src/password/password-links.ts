import { fingerprintOf, type Secret } from '@portcullis/kernel/secret'
import { idOf, passwords, passwordTokens, resources } from '@portcullis/model/collection'
import type { PasswordToken } from '@portcullis/model/credential/credential'
import { newPasswordToken, passwordUrl } from '@portcullis/oauth/password/password-token'
import type { Document, Store } from '@portcullis/ports/store/port'
import type { Tenant } from '../tenant.ts'
import type { PasswordParts } from './change-password.ts'
import { mailAddressOf, mailKey } from './notice.ts'

const RECOVERY_MINUTES = 20

/**
 * Sends a user a link by which to choose another password, in this browser alone. Nothing is sent for somebody who is not
 * there, is disabled, has no address, or has no password to recover because somebody else signs them in. Who asks never
 * learns which it was: do not wait for it.
 */
export async function sendRecovery(
  { store, clock, log, mail }: PasswordParts,
  tenant: Tenant,
  typed: string,
  browser: Secret,
): Promise<void> {
  const { organization } = tenant
  const user = await userNamed(store, organization, typed)
  if (user === undefined || mail === undefined) return
  const [to, password] = await Promise.all([
    mailAddressOf(store, organization, user),
    store.get(passwords, organization, user),
  ])
  if (to === undefined || password === undefined) return
  const value: PasswordToken = { user, purpose: 'recovery', browser: fingerprintOf(browser) }
  const expiresAt = clock.now() + RECOVERY_MINUTES * 60_000
  const { token, change } = newPasswordToken(organization, value, expiresAt)
  await store.commit([change])
  const service = await tenant.title()
  await mail.send({
    to,
    key: mailKey(organization, user, fingerprintOf(token)),
    subject: `${service}: choose a new password`.slice(0, 200),
    text: `Somebody asked for a new password for the account "${user}" at ${service}.

If that was you, open this link in the browser in which you asked, within ${RECOVERY_MINUTES} minutes:

${passwordUrl(tenant.issuer.href)}/${token.reveal()}

If it was not you, there is nothing to do: your password stays as it is.
`,
  })
  log.info('recovery sent', { organization, subject: user })
}

/** A link that is good in this browser now, and has not been used. */
export async function findPasswordToken(
  store: Store,
  organization: string,
  token: Secret,
  browser: Secret | undefined,
): Promise<Document<PasswordToken> | undefined> {
  const found = await store.get(passwordTokens, organization, fingerprintOf(token))
  const bound = found?.value.browser
  if (bound !== undefined && (browser === undefined || fingerprintOf(browser) !== bound)) return undefined
  return found
}

/** By name, or by a mail address that is one user's alone. */
async function userNamed(store: Store, organization: string, typed: string): Promise<string | undefined> {
  if (!typed.includes('@')) {
    const found = await store.get(resources, organization, idOf.resource('User', typed))
    return found?.value.name
  }
  const where = { attribute: 'mail', equals: typed.toLowerCase() }
  const found = await store.find(resources, organization, { where, limit: 2 })
  return found.length === 1 ? found[0]?.value.name : undefined
}
