import type { Secret } from '@portcullis/kernel/secret'
import { passwords, passwordTokens } from '@portcullis/model/collection'
import { demandGoodPassword, type PasswordOwner } from '@portcullis/oauth/password/new-password'
import { hashPassword } from '@portcullis/oauth/password/password'
import type { Breaches } from '@portcullis/ports/breaches/port'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Mail } from '@portcullis/ports/mail/port'
import { type Change, put, removeWhere, type Store } from '@portcullis/ports/store/port'
import { forgetBrowsers } from '../known-browser/known-browsers.ts'
import type { Revoker } from '../provider/revoker.ts'
import { sendNotice } from './notice.ts'

export interface PasswordParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly breaches: Breaches
  readonly mail?: Mail | undefined
}

/**
 * Gives a user another password, and ends all that was begun with the last one: sessions, tokens, trust in browsers, links
 * that were sent. `spent`: what is used up by it, all or nothing. The user is told by mail. Faults: those of
 * `demandGoodPassword`.
 */
export async function changePassword(
  parts: PasswordParts,
  tenant: { readonly organization: string; readonly revoker: Revoker; title(): Promise<string> },
  owner: PasswordOwner,
  password: Secret,
  spent: readonly Change[] = [],
): Promise<void> {
  const { store, clock, log, breaches } = parts
  const { organization, user } = owner
  await demandGoodPassword(breaches, password, owner)
  const value = { user, hash: await hashPassword(password), changedAt: new Date(clock.now()).toISOString() }
  await store.commit([
    ...spent,
    put(passwords, organization, user, value),
    forgetBrowsers(organization, user),
    removeWhere(passwordTokens, organization, 'user', user),
  ])
  await tenant.revoker.revokeSubject(user)
  log.info('password changed', { organization, subject: user })
  sendNotice(parts, tenant, user, {
    key: `password/${value.changedAt}`,
    subject: 'Your password was changed',
    text: 'Your password was changed, and you were signed out everywhere.',
  })
}
