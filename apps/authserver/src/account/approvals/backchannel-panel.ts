import { hash } from 'node:crypto'
import type { AuthorizationDetail } from '@portcullis/oauth/authorization-detail'
import { stillAllowed } from '@portcullis/oauth/choose-audience'
import type { Audience } from '@portcullis/oauth/directory'
import { acrs, isKnownAcr, meetsAcr } from '@portcullis/oauth/sign-in/acr'
import { type AdapterPayload, errors } from 'oidc-provider'
import { readDetails } from '../../authorization-details/check-details.ts'
import { html, type Markup } from '../../page/html.ts'
import { oidcCollections } from '../../provider/collection.ts'
import { OPENID, userinfoOf } from '../../provider/resource-indicator.ts'
import type { Tenant } from '../../tenant.ts'
import type { AccountAnswer, AccountPanel, AccountVisit } from '../account-page.ts'

const MOST_SHOWN = 20
const CIBA = 'urn:openid:params:grant-type:ciba'

/** Requests of apps that the user did not begin in this browser (OpenID CIBA Core): allowed or refused here. */
export const backchannelPanel: AccountPanel = {
  id: 'backchannel',
  title: 'Apps that ask you on this device',

  async show(visit) {
    const waiting = await waitingFor(visit)
    if (waiting.length === 0) return undefined
    return html`<p>Allow only what you began yourself.</p>
<ul>
${waiting.map((each) => waitingItem(visit, each))}</ul>`
  },

  async answer(visit, form): Promise<AccountAnswer> {
    const { tenant, ports, user, acr, signedInAt, session } = visit
    const request = (await waitingFor(visit)).find(({ id }) => id === form.get('request'))
    if (request === undefined) return { wrong: 'That request is over already.' }
    const facts = { organization: tenant.organization, subject: user, client: request.clientId }
    if (form.get('decision') !== 'allow') {
      await tenant.provider.backchannelResult(
        request.authReqId,
        new errors.AccessDenied('the user did not allow it'),
      )
      ports.log.info('refused on another device', facts)
      return { done: `You did not allow it to ${request.app}.` }
    }
    const objection = await objectionOf(visit, request)
    if (objection !== undefined) return objection
    const grant = new tenant.provider.Grant({ accountId: user, clientId: request.clientId })
    if (request.openid) grant.addOIDCScope(OPENID)
    if (request.audience !== undefined && request.scopes.length > 0) {
      grant.addResourceScope(request.audience, [...request.scopes])
    }
    if (request.audience === userinfoOf(tenant.issuer)) grant.addResourceScope(request.audience, OPENID)
    for (const each of request.details) grant.addRar({ ...each })
    await grant.save()
    await tenant.provider.backchannelResult(request.authReqId, grant, {
      ...(request.details.length > 0 && { rar: request.details.map((each) => ({ ...each })) }),
      ...(acr !== undefined && { acr }),
      authTime: signedInAt,
      sessionUid: session,
    })
    ports.log.info('allowed on another device', { ...facts, scope: request.scopes.join(' ') })
    return { done: `You allowed it to ${request.app}.` }
  },
}

/** What the app and token rules ask of the user first, so that the app is not refused afterwards what the user has allowed. */
async function objectionOf(
  { tenant, user, acr, signedInAt, address, ports: { clock } }: AccountVisit,
  { clientId, audience, scopes, acrs: asked }: Waiting,
): Promise<AccountAnswer | undefined> {
  if (!meetsAcr(acr, asked)) return { signIn: { acr: acrs.multiFactor } }
  const app = await tenant.provider.Client.find(clientId)
  if (app === undefined || audience === undefined) return undefined
  const about = { grant: CIBA, user, audience, scopes, acr, auth_time: signedInAt }
  const hurdle = await tenant.hurdleOutside(app, { address }, about)
  if (hurdle?.kind === 'refused') return { wrong: `Nobody may allow that: ${hurdle.why}.` }
  if (hurdle?.kind !== 'step-up') return undefined
  const { acr: wanted, maxAgeSeconds } = hurdle
  if (maxAgeSeconds !== undefined && clock.now() / 1000 - signedInAt > maxAgeSeconds)
    return { signIn: 'again' }
  if (wanted === undefined || meetsAcr(acr, [wanted])) return undefined
  return isKnownAcr(wanted) ? { signIn: { acr: wanted } } : { wrong: 'Nobody can sign in as the rules ask.' }
}

interface Waiting {
  /** Names it in the form; nobody polls with it. */
  readonly id: string
  readonly authReqId: string
  readonly clientId: string
  /** Its name, for people. */
  readonly app: string
  readonly message: string | undefined
  readonly audience: string | undefined
  readonly api: Audience | undefined
  readonly scopes: readonly string[]
  readonly openid: boolean
  readonly details: readonly AuthorizationDetail[]
  /** How the user is to be signed in (CIBA Core §7.1, `acr_values`). */
  readonly acrs: readonly string[]
}

/** What is asked of this user and was not answered, of what the apps may still ask. */
async function waitingFor({ tenant, ports: { store }, user }: AccountVisit): Promise<Waiting[]> {
  const where = { attribute: 'accountId', equals: user }
  const collection = oidcCollections.BackchannelAuthenticationRequest
  const found = await store.find(collection, tenant.organization, { where, limit: MOST_SHOWN })
  const waiting = await Promise.all(found.map(({ value }) => readWaiting(tenant, value)))
  return waiting.filter((each) => each !== undefined)
}

async function readWaiting(tenant: Tenant, payload: AdapterPayload): Promise<Waiting | undefined> {
  const { jti, clientId, grantId, error, consumed, params, scope, resource } = payload
  if (jti === undefined || clientId === undefined) return undefined
  if (grantId !== undefined || error !== undefined || consumed !== undefined) return undefined
  const client = await tenant.provider.Client.find(clientId)
  if (client === undefined) return undefined
  const asked = String(scope ?? '')
    .split(' ')
    .filter((each) => each !== '')
  const [audience] = [resource].flat().filter((each) => typeof each === 'string')
  const directory = await tenant.readDirectory()
  const rest = asked.filter((each) => each !== OPENID)
  const scopes = audience === undefined ? [] : (stillAllowed(directory, clientId, audience, rest) ?? [])
  const { binding_message: message, authorization_details: details, acr_values: acrValues } = params ?? {}
  return {
    id: hash('sha256', jti, 'base64url'),
    authReqId: jti,
    clientId,
    app: client.clientName ?? clientId,
    message: typeof message === 'string' ? message : undefined,
    audience,
    api: audience === undefined ? undefined : directory.audiences.get(audience),
    scopes,
    openid: asked.includes(OPENID),
    details: typeof details === 'string' ? readDetails(details) : [],
    acrs: typeof acrValues === 'string' ? acrValues.split(' ') : [],
  }
}

function waitingItem(
  visit: AccountVisit,
  { id, app, message, api, scopes, openid, details }: Waiting,
): Markup {
  const said = message === undefined ? undefined : html`, and says “${message}”`
  return html`<li><strong>${app}</strong> asks for this${api === undefined ? '' : ` in ${api.title}`}${said}:
<ul>
${scopes.map((each) => html`<li>${api?.scopes.get(each) ?? ''} <code>${each}</code></li>\n`)}${details.map(
  ({ type, ...detail }) =>
    html`<li>${api?.detailTypes.get(type)?.title ?? type}<pre>${JSON.stringify(detail, undefined, 1)}</pre></li>\n`,
)}${openid ? html`<li>Know who you are: your user name <code>openid</code></li>\n` : undefined}</ul>
<form method="post" action="${visit.action}">
<input type="hidden" name="form" value="${visit.formToken}">
<input type="hidden" name="request" value="${id}">
<button class="main" type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Do not allow</button>
</form></li>
`
}
