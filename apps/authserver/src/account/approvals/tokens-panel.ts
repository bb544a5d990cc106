import type { Approval } from '@portcullis/model/approval/approval'
import { idOf, resources } from '@portcullis/model/collection'
import { openApprovals } from '@portcullis/oauth/approval/approvals'
import { type Document, remove, storeFaults } from '@portcullis/ports/store/port'
import { html, type Markup } from '../../page/html.ts'
import { type HeldToken, heldTokens } from '../../token-rules/held-token.ts'
import type { AccountAnswer, AccountPanel, AccountVisit } from '../account-page.ts'
import { signedInLately } from '../signed-in-lately.ts'

const OVER = { wrong: 'That token is not there any more.' }

/** Tokens that people have allowed for apps of the user: each is made when it is shown, and shown once. */
export const tokensPanel: AccountPanel = {
  id: 'tokens',
  title: 'Tokens for your apps',

  async show(visit) {
    const waiting = await waitingFor(visit)
    if (waiting.length === 0) return undefined
    return html`<p>Each is shown once. Put it where the app reads it, and nowhere else.</p>
<ul>
${waiting.map(({ held, approval }) => tokenItem(visit, held, approval))}</ul>`
  },

  async answer(visit, form): Promise<AccountAnswer> {
    if (!signedInLately(visit)) return { signIn: 'again' }
    const { tenant, ports, user } = visit
    const { organization, provider } = tenant
    const found = (await waitingFor(visit)).find(({ held }) => held.id === form.get('token'))
    const app = found === undefined ? undefined : await provider.Client.find(found.held.value.app)
    if (found === undefined || app === undefined) return OVER
    const { held } = found
    const answer = await tenant.answerHeld(app, held)
    if (!('access_token' in answer))
      return { wrong: `There is no token: ${String(answer.error_description)}.` }
    try {
      await ports.store.commit([remove(heldTokens, organization, held.id, held.version)])
    } catch (thrown) {
      if (!storeFaults.conflict.is(thrown)) throw thrown
      return OVER
    }
    const facts = { organization, subject: user, client: app.clientId, approval: held.id }
    ports.log.info('token shown to the owner of its app', facts)
    const { access_token, refresh_token, expires_in } = answer
    const content = html`<p>It is for <strong>${app.clientName ?? app.clientId}</strong>, and good for ${String(expires_in)} seconds. It is not shown again.</p>
<label for="access">Access token</label>
<textarea id="access" rows="8" readonly>${String(access_token)}</textarea>
${refresh_token === undefined ? undefined : html`<label for="refresh">Refresh token</label>\n<textarea id="refresh" rows="3" readonly>${String(refresh_token)}</textarea>\n`}`
    return { title: 'The token', content }
  },
}

interface Waiting {
  readonly held: Document<HeldToken>
  readonly approval: Approval
}

/** Allowed, not picked up, and of an app that still is the user's and wants it so. */
async function waitingFor({ tenant: { organization }, ports, user }: AccountVisit): Promise<Waiting[]> {
  const { store } = ports
  const approvals = openApprovals(ports)
  const where = { attribute: 'recipient', equals: user }
  const waiting = (await store.find(heldTokens, organization, { where })).map(async (held) => {
    const [approval, app] = await Promise.all([
      approvals.get(organization, held.id),
      store.get(resources, organization, idOf.resource('App', held.value.app)),
    ])
    if (approval === undefined || approvals.stateOf(approval) !== 'approved') return undefined
    const spec = app?.value.kind === 'App' ? app.value.spec : undefined
    return spec?.tokenDelivery === 'owner' && spec.owner === user ? { held, approval } : undefined
  })
  return (await Promise.all(waiting)).filter((each) => each !== undefined)
}

function tokenItem(
  { action, formToken }: AccountVisit,
  { id }: Document<HeldToken>,
  { title }: Approval,
): Markup {
  return html`<li>${title}
<form method="post" action="${action}">
<input type="hidden" name="form" value="${formToken}">
<input type="hidden" name="token" value="${id}">
<button class="main" type="submit">Show it once</button>
</form></li>
`
}
