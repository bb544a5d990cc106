import type { Secret } from '@portcullis/kernel/secret'
import { totpUri } from '@portcullis/oauth/sign-in/totp'
import { html, type Markup } from '../../page/html.ts'
import { enrolmentFields, recoveryCodeList } from '../../page/second-factor-page.ts'
import { APP_SET_UP, tellAppChange } from '../../second-factor/app/tell-app-change.ts'
import type { AccountAnswer, AccountPanel, AccountVisit } from '../account-page.ts'
import { purposeOf } from '../purpose.ts'
import { signedInLately } from '../signed-in-lately.ts'

/** The authenticator app and its recovery codes. */
export const appPanel: AccountPanel = {
  id: 'app',
  title: 'Authenticator app',

  async show(visit) {
    const { tenant, ports, user } = visit
    const { organization } = tenant
    if (!(await ports.authenticatorApps.isEnrolled(organization, user)))
      return html`<p>An app on your phone shows codes that are asked for besides your password.</p>
${button(visit, 'begin', 'Set up an app')}`
    const left = await ports.authenticatorApps.countRecoveryCodes(organization, user)
    return html`<p>It is set up. You have ${left} recovery codes left.</p>
${button(visit, 'renew', 'New recovery codes')}
${button(visit, 'remove', 'Remove the app')}`
  },

  async answer(visit, form): Promise<AccountAnswer> {
    const { tenant, ports, user } = visit
    const { organization } = tenant
    if (!signedInLately(visit)) return { signIn: 'again' }
    switch (form.get('decision')) {
      case 'begin':
        return begin(visit)
      case 'confirm': {
        const code = form.get('code') ?? ''
        const confirmed = await ports.authenticatorApps.confirm(organization, user, purposeOf(visit), code)
        if (!('outcome' in confirmed)) {
          ports.log.info('second factor enrolled', { organization, subject: user })
          tell(visit, APP_SET_UP)
          return codes(confirmed)
        }
        if (confirmed.outcome === 'limited')
          return { wrong: 'There were too many attempts.', retryAfterSeconds: confirmed.retryAfterSeconds }
        return { wrong: 'That was no code that is good now. Set the app up again.' }
      }
      case 'renew':
        tell(visit, 'New recovery codes were made for your account.')
        return codes(await ports.authenticatorApps.renewRecoveryCodes(organization, user))
      default:
        await ports.authenticatorApps.remove(organization, user)
        ports.log.info('second factor removed', { organization, subject: user })
        tell(visit, 'The authenticator app was removed from your account.')
        return { done: 'Codes of the app are no longer asked for.' }
    }
  },
}

async function begin(visit: AccountVisit): Promise<AccountAnswer> {
  const { tenant, ports, user, action, formToken } = visit
  if (await ports.authenticatorApps.isEnrolled(tenant.organization, user))
    return { wrong: 'An app is set up already.' }
  const secret = await ports.authenticatorApps.begin(tenant.organization, user, purposeOf(visit))
  const content = html`${enrolmentFields(secret, totpUri(secret, await tenant.title(), user))}
<form method="post" action="${action}">
<input type="hidden" name="form" value="${formToken}">
<label for="code">Code</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required maxlength="32">
<button class="main" type="submit" name="decision" value="confirm">Go on</button>
</form>`
  return { title: 'Set up your authenticator app', content }
}

function codes(made: readonly Secret[]): AccountAnswer {
  return { title: 'Keep your recovery codes', content: recoveryCodeList(made) }
}

function button({ action, formToken }: AccountVisit, decision: string, title: string): Markup {
  return html`<form method="post" action="${action}">
<input type="hidden" name="form" value="${formToken}">
<button type="submit" name="decision" value="${decision}">${title}</button>
</form>`
}

function tell({ tenant, ports, user }: AccountVisit, text: string): void {
  tellAppChange(ports, tenant, user, text)
}
