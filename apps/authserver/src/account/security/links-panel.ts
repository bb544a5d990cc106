import { passwords } from '@portcullis/model/collection'
import { linksOf, unlinkAccount } from '@portcullis/oauth/sign-in/federated-accounts'
import { html } from '../../page/html.ts'
import { sendNotice } from '../../password/notice.ts'
import type { AccountAnswer, AccountPanel, AccountVisit } from '../account-page.ts'
import { signedInLately } from '../signed-in-lately.ts'

/** With which identity providers the user signs in, and an end to that, unless it is the last way in. */
export const linksPanel: AccountPanel = {
  id: 'links',
  title: 'With whom you sign in',

  async show(visit) {
    const { links, isLastWay } = await readLinks(visit)
    if (links.length === 0) return undefined
    const titles = new Map(
      (await visit.tenant.federation.listProviders()).map(({ name, spec }) => [name, spec.title]),
    )
    const items = links.map(
      ({
        id,
        value,
      }) => html`<li>${titles.get(value.provider) ?? value.provider}, since ${value.linkedAt.slice(0, 10)}${
        isLastWay
          ? undefined
          : html`
<form method="post" action="${visit.action}">
<input type="hidden" name="form" value="${visit.formToken}">
<input type="hidden" name="link" value="${id}">
<button type="submit" name="decision" value="unlink">Unlink</button>
</form>`
      }</li>
`,
    )
    return html`<ul>
${items}</ul>
`
  },

  async answer(visit, form): Promise<AccountAnswer> {
    if (!signedInLately(visit)) return { signIn: 'again' }
    const { tenant, ports, user, session } = visit
    const { links, isLastWay } = await readLinks(visit)
    const link = links.find(({ id }) => id === form.get('link'))
    if (link === undefined) return { wrong: 'There is no such link any more.' }
    if (isLastWay) return { wrong: 'Without it you could not sign in any more.' }
    const resting = await tenant.federation.sessions.restingOn(link.id)
    const endResting = async (): Promise<void> => {
      for (const uid of resting) await tenant.revoker.revokeSession(uid)
    }
    const { provider } = await unlinkAccount(ports, tenant.organization, link.id, user, endResting)
    sendNotice(ports, tenant, user, {
      key: `link/removed/${link.id}/${ports.clock.now()}`,
      subject: 'A way of signing in was removed',
      text: `Nobody signs in to your account with "${provider}" any more.`,
    })
    return resting.includes(session)
      ? { signIn: 'again' }
      : { done: 'You no longer sign in with that provider.' }
  },
}

async function readLinks({ tenant: { organization }, ports: { store }, user }: AccountVisit) {
  const [links, password] = await Promise.all([
    linksOf(store, organization, user),
    store.get(passwords, organization, user),
  ])
  return { links, isLastWay: links.length === 1 && password === undefined }
}
