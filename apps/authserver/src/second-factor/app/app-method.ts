import { html } from '../../page/html.ts'
import { codeField } from '../../page/second-factor-page.ts'
import type { SecondFactorMethod } from '../method.ts'

/** RFC 8176: a code of the app, or one that was kept. */
const amrs = { otp: ['otp', 'mfa'], recovery: ['kba', 'mfa'] } as const

/** A code of an authenticator app, or a recovery code. */
export const appMethod: SecondFactorMethod = {
  id: 'app',
  title: 'Use a code of your authenticator app, or a recovery code',

  isEnrolled: ({ tenant, ports }, user) => ports.authenticatorApps.isEnrolled(tenant.organization, user),

  async show({ action, formToken }, user) {
    return html`<h1>Enter the code of your authenticator app</h1>
<p>You sign in as <strong>${user}</strong>. Without your app, enter one of your recovery codes.</p>
<form id="proof" method="post" action="${action}">
<input type="hidden" name="form" value="${formToken}">
<input type="hidden" name="method" value="app">
${codeField()}
<button class="main" type="submit" name="decision" value="verify">Go on</button>
</form>`
  },

  async answer({ tenant, ports }, user, form) {
    const tried = await ports.authenticatorApps.attempt(tenant.organization, user, form.get('code') ?? '')
    if (tried.outcome === 'accepted') return { amr: amrs[tried.method] }
    if (tried.outcome === 'limited') return { retryAfterSeconds: tried.retryAfterSeconds }
    return { wrong: 'That is no code that is good now. A code is good once, for half a minute.' }
  },
}
