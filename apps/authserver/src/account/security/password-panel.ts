import { Fault } from '@portcullis/kernel/fault'
import { Secret } from '@portcullis/kernel/secret'
import { passwords } from '@portcullis/model/collection'
import { minPasswordCharacters } from '@portcullis/oauth/password/new-password'
import { passwordOwner } from '@portcullis/oauth/password/password-owner'
import { html } from '../../page/html.ts'
import { newPasswordFields } from '../../page/password-page.ts'
import { changePassword } from '../../password/change-password.ts'
import type { AccountAnswer, AccountPanel } from '../account-page.ts'

/** Another password, by whoever knows the last one. */
export const passwordPanel: AccountPanel = {
  id: 'password',
  title: 'Password',

  async show({ tenant: { organization }, ports: { store }, user, action, formToken }) {
    const [owner, password] = await Promise.all([
      passwordOwner(store, organization, user),
      store.get(passwords, organization, user),
    ])
    // Somebody else signs this user in.
    if (owner === undefined || password === undefined) return undefined
    return html`<form method="post" action="${action}">
<input type="hidden" name="form" value="${formToken}">
<input type="text" name="user" value="${user}" autocomplete="username" hidden>
<label for="current">Your password until now</label>
<input id="current" name="current" type="password" autocomplete="current-password" required maxlength="1024">
${newPasswordFields(minPasswordCharacters(owner))}
<button type="submit">Change the password</button>
</form>
<p>You are then signed out everywhere, and sign in anew.</p>`
  },

  async answer({ tenant, ports, user, address, browser }, form): Promise<AccountAnswer> {
    const { organization } = tenant
    const owner = await passwordOwner(ports.store, organization, user)
    if (owner === undefined) return { wrong: 'You have no password here.' }
    const password = form.get('password') ?? ''
    if (password !== form.get('again')) return { wrong: 'You typed two different new passwords.' }
    const current = new Secret(form.get('current') ?? '')
    const signIn = await ports.trySignIn({ organization, user, password: current, address, browser })
    if (signIn.outcome === 'limited') {
      const { retryAfterSeconds } = signIn
      return { wrong: `There were too many attempts. Wait ${retryAfterSeconds} seconds.`, retryAfterSeconds }
    }
    if (signIn.outcome === 'refused') return { wrong: 'That is not your password until now.' }
    try {
      await changePassword(ports, tenant, owner, new Secret(password))
    } catch (thrown) {
      if (!(thrown instanceof Fault) || thrown.status >= 500) throw thrown
      return {
        wrong: [`${thrown.title}.`, thrown.detail, thrown.remedy]
          .filter((each) => each !== undefined)
          .join(' '),
      }
    }
    return { signIn: 'again' }
  },
}
