import { passwordOwner } from '@portcullis/oauth/password/password-owner'
import {
  chooseUserCode,
  dropUserCode,
  hasUserCode,
  userCodeCharacters,
} from '@portcullis/oauth/user-code/user-code'
import { html } from '../../page/html.ts'
import { sendNotice } from '../../password/notice.ts'
import type { AccountAnswer, AccountPanel } from '../account-page.ts'
import { signedInLately } from '../signed-in-lately.ts'

/** A code without which no app asks the user on another device. */
export const userCodePanel: AccountPanel = {
  id: 'user-code',
  title: 'A code for those who ask you',

  async show({ tenant: { organization }, ports: { store }, user, action, formToken }) {
    // Somebody else signs this user in.
    if ((await passwordOwner(store, organization, user)) === undefined) return undefined
    const isThere = await hasUserCode(store, organization, user)
    const { least, most } = userCodeCharacters
    return html`<p>${isThere ? 'Apps can only ask you here when you have told them your code.' : 'Without a code every app that may ask users can ask you here.'}</p>
<form method="post" action="${action}">
<input type="hidden" name="form" value="${formToken}">
<label for="code">${isThere ? 'Another code' : 'A code'}: not your password, as you say it to others</label>
<input id="code" name="code" type="text" autocomplete="off" minlength="${least}" maxlength="${most}" required>
<button type="submit" name="decision" value="choose">Keep it</button>
${isThere ? html`<button type="submit" name="decision" value="drop" formnovalidate>Take the code away</button>\n` : undefined}</form>`
  },

  async answer(visit, form): Promise<AccountAnswer> {
    if (!signedInLately(visit)) return { signIn: 'again' }
    const { tenant, ports, user } = visit
    const { organization } = tenant
    if ((await passwordOwner(ports.store, organization, user)) === undefined) {
      return { wrong: 'Somebody else signs you in.' }
    }
    const isDropped = form.get('decision') === 'drop'
    if (isDropped) await dropUserCode(ports.store, organization, user)
    else {
      const now = ports.clock.now()
      const wrong = await chooseUserCode(ports.store, organization, user, form.get('code')?.trim() ?? '', now)
      if (wrong !== undefined) return { wrong }
    }
    const done = isDropped ? 'Apps ask you without a code now.' : 'Apps ask you only with that code now.'
    ports.log.info('user code changed', { organization, subject: user, has: !isDropped })
    sendNotice(ports, tenant, user, {
      key: `user-code/${ports.clock.now()}`,
      subject: 'Your code for apps was changed',
      text: isDropped ? 'Your code for apps was taken away.' : 'You have another code for apps.',
    })
    return { done }
  },
}
