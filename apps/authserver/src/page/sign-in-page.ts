import { html, type Markup } from './html.ts'
import { type Page, writePage } from './layout.ts'

/** What went wrong with the last attempt. */
export type SignInProblem =
  | { readonly kind: 'refused' }
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number }

export interface SignInPage {
  readonly organization: string
  readonly app: string
  /** Where the form goes. */
  readonly action: string
  readonly formToken: string
  /** The name that was typed last. */
  readonly user: string
  /** Where somebody who forgot the password goes, if there is such a place. */
  readonly recoveryUrl?: string
  readonly problem?: SignInProblem
}

export function signInPage(page: SignInPage): string {
  const wrong = page.problem === undefined ? undefined : problem(page.problem)
  const about = wrong === undefined ? undefined : html` aria-describedby="wrong" aria-invalid="true"`
  // The first thing to do gets the focus: read what went wrong, or else type.
  const focus = wrong === undefined ? html` autofocus` : undefined
  const content = html`${wrong}<h1>Sign in to continue to ${page.app}</h1>
<form method="post" action="${page.action}">
<input type="hidden" name="form" value="${page.formToken}">
<label for="user">User name</label>
<input id="user" name="user" type="text" value="${page.user}" autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false" required maxlength="63"${about}${focus}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024"${about}>
<button class="main" type="submit" name="decision" value="sign-in">Sign in</button>
<button type="submit" name="decision" value="cancel" formnovalidate>Cancel and go back</button>
</form>${
    page.recoveryUrl === undefined
      ? undefined
      : html`
<p><a href="${page.recoveryUrl}">I forgot my password</a></p>`
  }`
  const title = wrong === undefined ? 'Sign in' : 'Error: sign in'
  return writePage({ title, organization: page.organization, content } satisfies Page)
}

function problem(each: SignInProblem): Markup {
  const text =
    each.kind === 'refused'
      ? html`<p>User name and password do not match, or the account is disabled. Check both and try again.</p>`
      : html`<p>There were too many attempts. Wait ${waiting(each.retryAfterSeconds)}, then try again.</p>`
  return html`<div id="wrong" class="wrong" role="alert" tabindex="-1" autofocus>
<h2>You are not signed in</h2>
${text}
</div>
`
}

function waiting(seconds: number): string {
  if (seconds <= 90) return `${seconds} seconds`
  return `${Math.ceil(seconds / 60)} minutes`
}
