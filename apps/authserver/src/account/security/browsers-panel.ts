import { forgetBrowser, forgetBrowsers, listKnownBrowsers } from '../../known-browser/known-browsers.ts'
import { html } from '../../page/html.ts'
import type { AccountPanel } from '../account-page.ts'

/** The browsers that are known, and what trust some of them have. */
export const browsersPanel: AccountPanel = {
  id: 'browsers',
  title: 'Browsers that are known',

  async show({ tenant: { organization }, ports: { store, clock }, user, action, formToken }) {
    const known = await listKnownBrowsers({ store }, organization, user)
    if (known.length === 0) return undefined
    const now = new Date(clock.now()).toISOString()
    const items = known.map(({ id, browser, address, seenAt, trustedUntil }) => {
      const trust =
        trustedUntil !== undefined && trustedUntil > now
          ? `; no second factor is asked for there until ${trustedUntil.slice(0, 10)}`
          : ''
      return html`<li>${browser || 'A browser'}, last on ${seenAt.slice(0, 10)} from ${address}${trust}
<form method="post" action="${action}">
<input type="hidden" name="form" value="${formToken}">
<input type="hidden" name="browser" value="${id}">
<button type="submit" name="decision" value="forget">Forget it</button>
</form></li>
`
    })
    return html`<p>Nobody's guesses keep you out of them.</p>
<ul>
${items}</ul>
<form method="post" action="${action}">
<input type="hidden" name="form" value="${formToken}">
<button type="submit" name="decision" value="forget-all">Forget all</button>
</form>`
  },

  async answer({ tenant: { organization }, ports: { store }, user }, form) {
    if (form.get('decision') === 'forget-all') {
      await store.commit([forgetBrowsers(organization, user)])
      return { done: 'No browser is known any more.' }
    }
    const known = await listKnownBrowsers({ store }, organization, user)
    const found = known.find(({ id }) => id === form.get('browser'))
    if (found === undefined) return { wrong: 'That browser is not known.' }
    await store.commit([forgetBrowser(organization, found.id)])
    return { done: 'That browser is not known any more.' }
  },
}
