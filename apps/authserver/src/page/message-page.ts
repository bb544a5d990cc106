import { html, Markup } from './html.ts'
import { type Page, writePage } from './layout.ts'

export interface MessagePage {
  readonly organization: string
  readonly title: string
  readonly lines: readonly string[]
  /** Words for whoever builds the app, kept apart from what users are told. */
  readonly technical?: string
}

/** A page that says something and asks nothing. */
export function messagePage({ organization, title, lines, technical }: MessagePage): string {
  const content = html`<h1 tabindex="-1" autofocus>${title}</h1>
${lines.map((line) => html`<p>${line}</p>\n`)}${technical === undefined ? undefined : html`<p>For the app’s developers: <code>${technical}</code></p>`}`
  return writePage({ title, organization, content } satisfies Page)
}

/** Asks whether to sign out. `form` is the provider's own form `op.logoutForm`, which its buttons name. */
export function signOutPage(organization: string, form: string): string {
  const content = html`<h1>Sign out of ${organization}?</h1>
<p>Apps that you allowed to act for you while you are away may go on doing so.</p>
${new Markup(form)}
<button class="main" type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>
<button type="submit" form="op.logoutForm">Stay signed in</button>`
  return writePage({ title: 'Sign out', organization, content } satisfies Page)
}
