import { html } from './html.ts'
import { type Page, writePage } from './layout.ts'
import { problemBox, type SignInProblem } from './sign-in-page.ts'

export interface LinkPage {
  readonly organization: string
  readonly action: string
  readonly formToken: string
  /** Names the sign-in that was proved already. */
  readonly proved: string
  /** Of the provider, and what it calls the user. */
  readonly provider: string
  readonly name: string
  readonly user: string
  readonly problem?: SignInProblem
}

/** Somebody who is known elsewhere proves which account here is theirs. */
export function linkPage(page: LinkPage): string {
  const about = page.problem === undefined ? undefined : html` aria-describedby="wrong" aria-invalid="true"`
  const focus = page.problem === undefined ? html` autofocus` : undefined
  const content = html`${page.problem && problemBox(page.problem)}<h1>Which account is yours?</h1>
<p>${page.provider} knows you as <strong>${page.name}</strong>. Sign in once with your account here, and from then on ${page.provider} is enough.</p>
<form method="post" action="${page.action}">
<input type="hidden" name="form" value="${page.formToken}">
<input type="hidden" name="proved" value="${page.proved}">
<label for="user">User name</label>
<input id="user" name="user" type="text" value="${page.user}" autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false" required maxlength="63"${about}${focus}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024"${about}>
<label for="code">Code of your authenticator app, if you use one</label>
<input id="code" name="code" type="text" autocomplete="one-time-code" autocapitalize="none" autocorrect="off" spellcheck="false" maxlength="32">
<button class="main" type="submit" name="decision" value="link">Sign in and link</button>
<button type="submit" name="decision" value="link-passkey" formnovalidate>Use a passkey instead</button>
<button type="submit" name="decision" value="cancel" formnovalidate>Cancel and go back</button>
</form>`
  const title = page.problem === undefined ? 'Link your account' : 'Error: link your account'
  return writePage({ title, organization: page.organization, content } satisfies Page)
}
