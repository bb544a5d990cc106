import { isClientDocumentUrl } from '@portcullis/model/client-document'
import { auditing } from '@portcullis/oauth/audit/audit'
import { stillAllowed } from '@portcullis/oauth/choose-audience'
import { checkDetail } from '../authorization-details/check-details.ts'
import { authserverFaults } from '../fault.ts'
import { type ConsentPage, consentPage } from '../page/consent-page.ts'
import { OPENID, userinfoOf } from '../provider/resource-indicator.ts'
import type { Answer, Interaction } from './interaction.ts'

export async function showConsent(interaction: Interaction): Promise<string> {
  const { tenant, app, action, formToken, scopes } = interaction
  const { user, allowed, audience, details } = await readAsked(interaction)
  return consentPage({
    organization: await tenant.title(),
    app: app.title,
    ...hostsOf(interaction),
    user,
    api: audience?.title,
    scopes: allowed.map((scope) => ({ scope, description: audience?.scopes.get(scope) ?? '' })),
    details: details.map(({ type, ...detail }, i) => ({
      field: fieldOf(i),
      title: audience?.detailTypes.get(type)?.title ?? type,
      detail: JSON.stringify(detail, undefined, 1),
    })),
    identity: scopes.includes(OPENID),
    action,
    formToken,
  })
}

/** Of a client that describes itself people know nothing but where it comes from, and where they are sent. */
function hostsOf({ clientId, redirectUri }: Interaction): Pick<ConsentPage, 'hosts'> {
  if (!isClientDocumentUrl(clientId)) return {}
  return {
    hosts: {
      client: new URL(clientId).host,
      ...(redirectUri !== undefined && { redirect: placeOf(new URL(redirectUri)) }),
    },
  }
}

/** Its host, or its scheme where it is an app on the user's own device. */
function placeOf(url: URL): string {
  return url.host === '' ? url.protocol : url.host
}

/** By which the page's form says that a detail is allowed. */
const fieldOf = (i: number): string => `detail-${i}`

/**
 * Records what the user allowed, of what the page showed: what was asked for and is still allowed, less the details that the user
 * has left out.
 */
export async function answerConsent(
  interaction: Interaction,
  form: ReadonlyMap<string, string>,
): Promise<Answer> {
  const { tenant, ports, clientId, scopes, grantId } = interaction
  const { resource, allowed, user, details: asked } = await readAsked(interaction)
  const details = asked.filter((_, i) => form.get(fieldOf(i)) === 'yes')
  const isNothing = asked.length > 0 && details.length === 0 && scopes.length === 0
  if (form.get('decision') !== 'allow' || isNothing) {
    return { result: { error: 'access_denied', error_description: 'the user did not allow it' } }
  }
  const { Grant } = tenant.provider
  const known = grantId === undefined ? undefined : await Grant.find(grantId)
  const grant = known?.accountId === user ? known : new Grant({ accountId: user, clientId })
  if (scopes.includes(OPENID)) grant.addOIDCScope(OPENID)
  if (resource === userinfoOf(tenant.issuer)) grant.addResourceScope(resource, OPENID)
  if (allowed.length > 0) grant.addResourceScope(resource, allowed)
  for (const each of details) grant.addRar({ ...each })
  const consent = { grantId: await grant.save(), details }
  const { organization } = tenant
  const record = { actor: user, action: 'consent', target: `consent/${clientId}/${consent.grantId}` }
  await ports.store.commit([auditing(organization, record, ports.clock.now())])
  ports.log.info('consented', {
    organization,
    subject: user,
    client: clientId,
    audience: resource,
    scope: allowed.join(' '),
    details: details.map(({ type }) => type),
  })
  return { result: { consent } }
}

async function readAsked({ tenant, user, resource, scopes, clientId, details }: Interaction) {
  if (user === undefined || resource === undefined) throw authserverFaults['interaction-expired']()
  const directory = await tenant.readDirectory()
  if (resource === userinfoOf(tenant.issuer))
    return { user, resource, allowed: [], audience: undefined, details: [] }
  const asked = scopes.filter((scope) => scope !== OPENID)
  const allowed = stillAllowed(directory, clientId, resource, asked)
  if (allowed === undefined) throw authserverFaults['interaction-expired']()
  const audience = directory.audiences.get(resource)
  // Asked again: what was published meanwhile counts, and the page names what this API understands.
  if (audience !== undefined) for (const each of details) checkDetail([audience], each)
  return { user, resource, allowed, audience, details }
}
