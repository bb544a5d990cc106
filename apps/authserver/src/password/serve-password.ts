import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '@portcullis/kernel/fault'
import { Secret } from '@portcullis/kernel/secret'
import { passwordTokens } from '@portcullis/model/collection'
import { addressGroup } from '@portcullis/oauth/address-group'
import { minPasswordCharacters } from '@portcullis/oauth/password/new-password'
import { passwordOwner } from '@portcullis/oauth/password/password-owner'
import { passwordUrl } from '@portcullis/oauth/password/password-token'
import type { Counters, Limit } from '@portcullis/ports/counters/port'
import { remove, storeFaults } from '@portcullis/ports/store/port'
import { type OwnCookie, readCookie, writeCookie } from '../cookie.ts'
import { authserverFaults } from '../fault.ts'
import { demandOwnForm, formToken } from '../interaction/form-token.ts'
import { readForm } from '../interaction/read-form.ts'
import { messagePage } from '../page/message-page.ts'
import { newPasswordPage, recoveryPage } from '../page/password-page.ts'
import { sendFaultPage, sendPage } from '../page/send-page.ts'
import type { Tenant } from '../tenant.ts'
import { changePassword, type PasswordParts } from './change-password.ts'
import { findPasswordToken, sendRecovery } from './password-links.ts'

export interface PasswordPorts extends PasswordParts {
  readonly counters: Counters
}

const HOUR_MILLIS = 3_600_000
/** Mails to one account: nobody's mailbox is filled by strangers, who are not told that nothing was sent. */
const ACCOUNT_LIMIT: Limit = { limit: 3, windowMillis: HOUR_MILLIS, burst: 3 }
/** And to anybody, asked for from one place. */
const ADDRESS_LIMIT: Limit = { limit: 20, windowMillis: HOUR_MILLIS, burst: 20 }
const MOST_TYPED = 254

interface Request {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Path and query below the issuer: `/password`, `/password/<token>`. */
  readonly rest: string
  readonly address: string
}

/**
 * Answers `<issuer>/password`, where somebody who forgot theirs asks for a link, and `<issuer>/password/<token>`, where who
 * has a link chooses one. A GET changes nothing: programs that look through mail open links too.
 */
export async function servePassword(tenant: Tenant, ports: PasswordPorts, asked: Request): Promise<void> {
  const { request, response, rest } = asked
  try {
    const method = request.method ?? ''
    if (!['GET', 'HEAD', 'POST'].includes(method)) throw authserverFaults['method-not-allowed']()
    const token = /^\/password\/([\w-]{43})(?:\?|$)/.exec(rest)?.[1]
    if (token !== undefined) return await chooseByLink(tenant, ports, asked, new Secret(token))
    if (!/^\/password(?:\?|$)/.test(rest) || ports.mail === undefined) throw authserverFaults['not-found']()
    await askForLink(tenant, ports, asked)
  } catch (thrown) {
    sendFaultPage(tenant.organization, ports.log, response, thrown)
  }
}

async function askForLink(
  tenant: Tenant,
  ports: PasswordPorts,
  { request, response, address }: Request,
): Promise<void> {
  const cookie: OwnCookie = { name: 'recovery', issuer: tenant.issuer }
  const known = readCookie(request, cookie)
  const browser = known ?? new Secret(randomBytes(32).toString('base64url'))
  const token = formToken(tenant.formKey, `recovery ${browser.reveal()}`)
  const organization = await tenant.title()
  if (request.method !== 'POST') {
    if (known === undefined) response.appendHeader('Set-Cookie', writeCookie(cookie, browser))
    return sendPage(
      response,
      200,
      recoveryPage({ organization, action: passwordUrl(tenant.issuer.href), formToken: token }),
    )
  }
  const form = await readForm(request)
  demandOwnForm(request, tenant.issuer.origin, token, form.get('form'))
  const typed = (form.get('user') ?? '').trim().slice(0, MOST_TYPED)
  const fromHere = await ports.counters.take(
    `recovery/${tenant.organization}/${addressGroup(address)}`,
    ADDRESS_LIMIT,
    1,
  )
  if (!fromHere.taken) {
    response.setHeader('Retry-After', Math.ceil(fromHere.retryAfterMillis / 1000))
    throw authserverFaults['too-many-mails']()
  }
  // The answer is the same and comes at once, whoever it is and whatever becomes of it.
  sendWithin(tenant, ports, typed, browser).catch((error: unknown) =>
    ports.log.error('recovery was not sent', { organization: tenant.organization, error }),
  )
  const lines = [
    'If there is an account of that name with a mail address, a mail with a link is on its way.',
    'Open it in this browser within 20 minutes. If nothing comes, ask whoever runs this service.',
  ]
  sendPage(response, 200, messagePage({ organization, title: 'Look into your mail', lines }))
}

async function sendWithin(
  tenant: Tenant,
  ports: PasswordPorts,
  typed: string,
  browser: Secret,
): Promise<void> {
  const account = createHash('sha256').update(typed.toLowerCase()).digest('base64url')
  const take = await ports.counters.take(`recovery/${tenant.organization}/of/${account}`, ACCOUNT_LIMIT, 1)
  if (take.taken) await sendRecovery(ports, tenant, typed, browser)
}

async function chooseByLink(
  tenant: Tenant,
  ports: PasswordPorts,
  { request, response }: Request,
  token: Secret,
): Promise<void> {
  const { organization } = tenant
  const browser = readCookie(request, { name: 'recovery', issuer: tenant.issuer })
  const found = await findPasswordToken(ports.store, organization, token, browser)
  const owner = found && (await passwordOwner(ports.store, organization, found.value.user))
  if (found === undefined || owner === undefined) throw authserverFaults['link-over']()
  const page = {
    organization: await tenant.title(),
    user: owner.user,
    action: `${passwordUrl(tenant.issuer.href)}/${token.reveal()}`,
    formToken: formToken(tenant.formKey, `password ${token.reveal()}`),
    minCharacters: minPasswordCharacters(owner),
  }
  if (request.method !== 'POST') return sendPage(response, 200, newPasswordPage(page))
  const form = await readForm(request)
  demandOwnForm(request, tenant.issuer.origin, page.formToken, form.get('form'))
  const password = form.get('password') ?? ''
  if (password !== form.get('again')) {
    return sendPage(response, 422, newPasswordPage({ ...page, wrong: 'You typed two different passwords.' }))
  }
  const spent = [remove(passwordTokens, organization, found.id, found.version)]
  try {
    await changePassword(ports, tenant, owner, new Secret(password), spent)
  } catch (thrown) {
    // Of two at the same moment one was first.
    if (storeFaults.conflict.is(thrown)) throw authserverFaults['link-over']()
    if (!(thrown instanceof Fault) || thrown.status >= 500) throw thrown
    const wrong = [thrown.title, thrown.detail, thrown.remedy].filter((each) => each !== undefined).join('. ')
    return sendPage(response, thrown.status, newPasswordPage({ ...page, wrong: wrong.replaceAll('..', '.') }))
  }
  const lines = ['You are signed out everywhere. Sign in with your new password now.']
  sendPage(
    response,
    200,
    messagePage({ organization: page.organization, title: 'Your password is changed', lines }),
  )
}
