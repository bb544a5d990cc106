import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { acrs } from '@portcullis/oauth/sign-in/acr'
import type { TrySignIn } from '@portcullis/oauth/sign-in/sign-in'
import { authserverFaults } from '../fault.ts'
import { demandOwnForm, formToken } from '../interaction/form-token.ts'
import { readForm } from '../interaction/read-form.ts'
import { browserOf } from '../known-browser/known-browsers.ts'
import { sendFaultPage, sendPage } from '../page/send-page.ts'
import type { PasswordPorts } from '../password/serve-password.ts'
import { ACCOUNT_APP, signedInUrl } from '../provider/own-app.ts'
import type { AuthenticatorApps } from '../second-factor/app/authenticator-apps.ts'
import type { Tenant } from '../tenant.ts'
import type { AccountAnswer, AccountPage, AccountPanel, AccountVisit } from './account-page.ts'
import { type AccountSession, findSession } from './find-session.ts'
import { pages } from './pages.ts'
import { type Frame, type Outcome, writeAccountPage, writeFramed } from './write-page.ts'

export interface AccountPorts extends PasswordPorts {
  readonly trySignIn: TrySignIn
  readonly authenticatorApps: AuthenticatorApps
}

export interface AccountRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Path and query below the issuer: `/account/…`. */
  readonly rest: string
  /** Of the browser. */
  readonly address: string
}

/** Answers `<issuer>/account/<page>` on GET, and the forms of its panels on POST. Who is not signed in is asked to. */
export async function serveAccount(
  tenant: Tenant,
  ports: AccountPorts,
  { request, response, rest, address }: AccountRequest,
): Promise<void> {
  try {
    const [path = '', query = ''] = rest.split('?', 2)
    const [name, panelId, ...more] = path.split('/').slice(2)
    if (name === 'signed-in') return seeOther(response, pageUrl(tenant, pageAfterSignIn(query)))
    const page = name === undefined || name === '' ? pages[0] : pages.find((each) => each.path === name)
    if (page === undefined || more.length > 0) throw authserverFaults['not-found']()
    const session = await findSession(tenant, request, response)
    if (session === 'none') return seeOther(response, signInUrl(tenant, page))
    if (session === 'weak')
      return seeOther(response, signInUrl(tenant, page, { acr_values: acrs.multiFactor }))
    const visitOf = visits(tenant, ports, request, address, page, session)
    const frame = { pages, page, tenant, user: session.user }
    if (panelId === undefined && (request.method === 'GET' || request.method === 'HEAD'))
      return sendPage(response, 200, await writeAccountPage(frame, visitOf))
    if (request.method !== 'POST') throw authserverFaults['method-not-allowed']()
    const panel = page.panels.find(({ id }) => id === panelId)
    if (panel === undefined) throw authserverFaults['not-found']()
    const visit = visitOf(panel)
    const form = await readForm(request)
    demandOwnForm(request, tenant.issuer.origin, visit.formToken, form.get('form'))
    await sendAnswer(response, frame, panel, await panel.answer(visit, form), visitOf)
  } catch (thrown) {
    sendFaultPage(tenant.organization, ports.log, response, thrown)
  }
}

type VisitOf = (panel: AccountPanel) => AccountVisit

function visits(
  tenant: Tenant,
  ports: AccountPorts,
  request: IncomingMessage,
  address: string,
  page: AccountPage,
  { user, uid, acr, signedInAt }: AccountSession,
): VisitOf {
  // Of this session alone: what a page elsewhere found out is worth nothing after the next sign-in.
  const token = formToken(tenant.formKey, `account ${uid} ${user}`)
  const browser = browserOf(request, tenant.issuer)
  return ({ id }) => ({
    tenant,
    ports,
    user,
    session: uid,
    acr,
    signedInAt,
    address,
    browser,
    action: `${pageUrl(tenant, page)}/${id}`,
    formToken: token,
  })
}

async function sendAnswer(
  response: ServerResponse,
  frame: Frame,
  panel: AccountPanel,
  answer: AccountAnswer,
  visitOf: VisitOf,
): Promise<void> {
  if ('signIn' in answer) {
    const how = answer.signIn === 'again' ? { prompt: 'login' } : { acr_values: answer.signIn.acr }
    return seeOther(response, signInUrl(frame.tenant, frame.page, how))
  }
  if ('content' in answer)
    return sendPage(response, answer.status ?? 200, await writeFramed(frame, answer.title, answer.content))
  const outcome: Outcome = 'done' in answer ? { done: answer.done } : { wrong: answer.wrong, panel: panel.id }
  if ('done' in answer && answer.cookie !== undefined) response.appendHeader('Set-Cookie', answer.cookie)
  const retryAfterSeconds = 'wrong' in answer ? answer.retryAfterSeconds : undefined
  if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', retryAfterSeconds)
  const status = 'done' in answer ? 200 : retryAfterSeconds === undefined ? 422 : 429
  sendPage(response, status, await writeAccountPage(frame, visitOf, outcome))
}

/**
 * To the sign-in, and back to that page. It is an authorization request like any app's, whose code nobody redeems: the
 * session of the browser is all that is wanted, so the verifier is thrown away.
 */
function signInUrl(tenant: Tenant, page: AccountPage, more: Readonly<Record<string, string>> = {}): string {
  const url = new URL(`${tenant.issuer.href}/auth`)
  const parameters = {
    client_id: ACCOUNT_APP,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: signedInUrl(tenant.issuer),
    state: page.path,
    code_challenge: randomBytes(32).toString('base64url'),
    code_challenge_method: 'S256',
    ...more,
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

/** One of ours, whatever the address says. */
function pageAfterSignIn(query: string): AccountPage {
  const state = new URLSearchParams(query).get('state')
  const page = pages.find(({ path }) => path === state) ?? pages[0]
  if (page === undefined) throw authserverFaults['not-found']()
  return page
}

function pageUrl({ issuer }: Tenant, { path }: AccountPage): string {
  return `${issuer.href}/account/${path}`
}

function seeOther(response: ServerResponse, location: string): void {
  response.statusCode = 303
  response.setHeader('Location', location)
  response.setHeader('Cache-Control', 'no-store')
  response.end()
}
