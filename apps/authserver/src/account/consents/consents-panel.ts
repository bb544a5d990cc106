import { isClientDocumentUrl } from '@portcullis/model/client-document'
import type { AppSpec } from '@portcullis/model/resource/app'
import { auditing } from '@portcullis/oauth/audit/audit'
import type { Audience } from '@portcullis/oauth/directory'
import type { AdapterPayload } from 'oidc-provider'
import { html, type Markup } from '../../page/html.ts'
import { oidcCollections } from '../../provider/collection.ts'
import { OPENID } from '../../provider/resource-indicator.ts'
import type { AccountAnswer, AccountPanel, AccountVisit } from '../account-page.ts'

const MOST_SHOWN = 100

interface Consent {
  readonly grant: string
  readonly app: string
  readonly title: string
  /** Seconds since the epoch. */
  readonly since: number
  /** Scopes by resource, as they were allowed. */
  readonly resources: readonly (readonly [string, readonly string[]])[]
  readonly identity: boolean
}

/** What the user allowed which app, in the words of the APIs' contracts, and an end to that. */
export const consentsPanel: AccountPanel = {
  id: 'consents',
  title: 'Apps that act for you',

  async show(visit) {
    const [consents, directory] = await Promise.all([consentsOf(visit), visit.tenant.readDirectory()])
    if (consents.length === 0) return html`<p>You have not allowed any app to act for you.</p>`
    return html`<ul>
${consents.map((each) => consentItem(visit, each, directory.audiences))}</ul>
<p>What you withdraw ends at once: the app has to ask you again.</p>`
  },

  async answer(visit, form): Promise<AccountAnswer> {
    const { tenant, ports, user } = visit
    const { organization } = tenant
    const consent = (await consentsOf(visit)).find(({ grant }) => grant === form.get('grant'))
    const grant = consent === undefined ? undefined : await tenant.provider.Grant.find(consent.grant)
    if (consent === undefined || grant === undefined) return { wrong: 'That was withdrawn already.' }
    await grant.destroy()
    const record = {
      actor: user,
      action: 'withdraw-consent',
      target: `consent/${consent.app}/${consent.grant}`,
    }
    await ports.store.commit([auditing(organization, record, ports.clock.now())])
    ports.log.info('consent withdrawn', { organization, subject: user, client: consent.app })
    return { done: `${consent.title} may not act for you any more.` }
  },
}

function consentItem(
  visit: AccountVisit,
  { grant, title, since, resources, identity }: Consent,
  audiences: ReadonlyMap<string, Audience>,
): Markup {
  const scopes = resources.flatMap(([resource, all]) => {
    const known = audiences.get(resource)
    return all.map(
      (scope) =>
        html`<li>${known?.scopes.get(scope) || scope} <code>${scope}</code>${known === undefined ? '' : ` in ${known.title}`}</li>\n`,
    )
  })
  const who = identity ? [html`<li>Know who you are: your user name <code>openid</code></li>\n`] : []
  return html`<li><strong>${title}</strong>, since ${new Date(since * 1000).toISOString().slice(0, 10)}
<ul>
${[...scopes, ...who]}</ul>
<form method="post" action="${visit.action}">
<input type="hidden" name="form" value="${visit.formToken}">
<input type="hidden" name="grant" value="${grant}">
<button type="submit" name="decision" value="withdraw">Withdraw</button>
</form></li>
`
}

/** Of apps that ask their users; what an administrator decided is not the user's to withdraw. */
async function consentsOf({ tenant, ports: { store }, user }: AccountVisit): Promise<Consent[]> {
  const { organization, revoker } = tenant
  const where = { attribute: 'accountId', equals: user }
  const found = await store.find(oidcCollections.Grant, organization, { where, limit: MOST_SHOWN })
  const consents: Consent[] = []
  for (const { value } of found) {
    const { jti: grant, clientId: app, iat = 0 } = value
    if (grant === undefined || app === undefined) continue
    const known = isClientDocumentUrl(app) ? describedBy(app) : (await tenant.readApp(app))?.spec
    if (known === undefined || known.firstParty) continue
    if (await revoker.covers({ subject: user, client: app, grant, issuedAt: iat * 1000 })) continue
    const given = new Set(known.consentedScopes)
    const allowed = allowedIn(value, (scope) => !given.has(scope))
    if (!allowed.identity && allowed.resources.every(([, scopes]) => scopes.length === 0)) continue
    consents.push({ grant, app, title: known.title, since: iat, ...allowed })
  }
  return consents.toSorted((one, other) => other.since - one.since)
}

/** Without asking for its document: what was allowed can be withdrawn wherever that is now. */
function describedBy(client: string): Pick<AppSpec, 'title' | 'firstParty' | 'consentedScopes'> {
  return { title: client, firstParty: false }
}

function allowedIn(
  { resources = {}, openid }: AdapterPayload,
  isWanted: (scope: string) => boolean,
): Pick<Consent, 'resources' | 'identity'> {
  const byResource = Object.entries(resources as Readonly<Record<string, string>>)
  return {
    resources: byResource.map(([resource, scope]) => {
      const scopes = scope.split(' ').filter((each) => each !== OPENID && each !== '' && isWanted(each))
      return [resource, scopes] as const
    }),
    identity: openid !== undefined && isWanted(OPENID),
  }
}
