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
  /**
   * What is asked for: the name alone, where it tells with whom the user signs in; name and password; nothing where users
   * sign in elsewhere.
   */
  readonly asks: 'name' | 'password' | 'nothing'
  /** Whose password it is, where it is not ours. */
  readonly of?: OfferedProvider
  /** Who else signs users in. */
  readonly providers: readonly OfferedProvider[]
  readonly problem?: SignInProblem
}

export interface OfferedProvider {
  readonly name: string
  readonly title: string
}

export function signInPage(page: SignInPage): string {
  const wrong = page.problem === undefined ? undefined : problemBox(page.problem)
  const content = html`${wrong}<h1>Sign in to continue to ${page.app}</h1>
${page.of === undefined ? undefined : html`<p>With your account of <strong>${page.of.title}</strong>.</p>\n`}<form method="post" action="${page.action}">
<input type="hidden" name="form" value="${page.formToken}">
${page.of === undefined ? undefined : html`<input type="hidden" name="provider" value="${page.of.name}">\n`}${fields(page)}<button type="submit" name="decision" value="cancel" formnovalidate>Cancel and go back</button>
</form>${recovery(page)}${offered(page)}`
  const title = wrong === undefined ? 'Sign in' : 'Error: sign in'
  return writePage({ title, organization: page.organization, content } satisfies Page)
}

function fields({ asks, of, user, problem }: SignInPage): Markup | undefined {
  if (asks === 'nothing') return undefined
  const about = problem === undefined ? undefined : html` aria-describedby="wrong" aria-invalid="true"`
  // The first thing to do gets the focus: read what went wrong, or else type.
  const focus = problem === undefined ? html` autofocus` : undefined
  const name = html`<label for="user">User name</label>
<input id="user" name="user" type="text" value="${user}" autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false" required maxlength="254"${about}${focus}>
`
  if (asks === 'name') {
    return html`${name}<button class="main" type="submit" name="decision" value="next">Continue</button>
`
  }
  return html`${name}<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024"${about}>
<button class="main" type="submit" name="decision" value="sign-in">Sign in</button>
${of === undefined ? html`<button type="submit" name="decision" value="passkey" formnovalidate>Use a passkey instead</button>\n` : undefined}`
}

function recovery({ recoveryUrl, asks }: SignInPage): Markup | undefined {
  if (recoveryUrl === undefined || asks !== 'password') return undefined
  return html`
<p><a href="${recoveryUrl}">I forgot my password</a></p>`
}

function offered({ providers, action, asks }: SignInPage): Markup | undefined {
  if (providers.length === 0) return undefined
  return html`
<h2>${asks === 'nothing' ? 'Sign in with' : 'Or sign in with'}</h2>
<ul>
${providers.map(({ name, title }) => html`<li><a href="${action}?provider=${name}">${title}</a></li>\n`)}</ul>`
}

export function problemBox(each: SignInProblem): Markup {
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
