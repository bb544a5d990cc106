import { html, type Markup } from './html.ts'
import { type Page, writePage } from './layout.ts'

interface FormPage {
  readonly organization: string
  readonly action: string
  readonly formToken: string
}

/** Asks who it is that forgot a password. */
export function recoveryPage({ organization, action, formToken }: FormPage): string {
  const content = html`<h1>Choose a new password</h1>
<p>We send a link to the mail address of your account.</p>
<form method="post" action="${action}">
<input type="hidden" name="form" value="${formToken}">
<label for="user">User name or mail address</label>
<input id="user" name="user" type="text" autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false" required maxlength="254" autofocus>
<button class="main" type="submit">Send the link</button>
</form>`
  return writePage({ title: 'Choose a new password', organization, content } satisfies Page)
}

/** Asks for a new password, twice. */
export function newPasswordPage({
  organization,
  action,
  formToken,
  user,
  minCharacters,
  wrong,
}: FormPage & {
  readonly user: string
  readonly minCharacters: number
  readonly wrong?: string
}): string {
  const problem =
    wrong === undefined
      ? undefined
      : html`<div id="wrong" class="wrong" role="alert" tabindex="-1" autofocus><h2>Your password is not changed</h2><p>${wrong}</p></div>\n`
  const content = html`${problem}<h1>Choose a new password</h1>
<form method="post" action="${action}">
<input type="hidden" name="form" value="${formToken}">
<input type="text" name="user" value="${user}" autocomplete="username" hidden>
${newPasswordFields(minCharacters)}
<button class="main" type="submit">Change the password</button>
</form>`
  const title = wrong === undefined ? 'Choose a new password' : 'Error: choose a new password'
  return writePage({ title, organization, content } satisfies Page)
}

/** The two fields for a new password, and what is expected of it. */
export function newPasswordFields(minCharacters: number): Markup {
  return html`<p id="password-rule">At least ${minCharacters} characters; a few words are good. None that is used elsewhere, and nothing that others know of you.</p>
<label for="password">New password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required minlength="${minCharacters}" maxlength="1024" aria-describedby="password-rule">
<label for="again">The same again</label>
<input id="again" name="again" type="password" autocomplete="new-password" required maxlength="1024">`
}
