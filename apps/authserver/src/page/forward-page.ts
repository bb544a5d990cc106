import { html } from './html.ts'
import { type Page, writePage } from './layout.ts'

export interface ForwardPage {
  readonly organization: string
  /** Of whoever it goes to. */
  readonly title: string
  readonly location: string
}

/** On the way to somebody else: browsers go on by themselves, and there is a link for those that do not. */
export function forwardPage({ organization, title, location }: ForwardPage): string {
  const content = html`<h1>Going on to ${title}</h1>
<p><a href="${location}" autofocus>Continue to ${title}</a></p>`
  return writePage({ title: `Going on to ${title}`, organization, content } satisfies Page)
}

export interface PostPage {
  readonly organization: string
  readonly title: string
  readonly action: URL
  readonly fields: Readonly<Record<string, string>>
}

/** The same with a form, for whoever takes what we ask by POST alone. No script runs, so people press its button. */
export function postPage({ organization, title, action, fields }: PostPage): string {
  const content = html`<h1>Continue to ${title}</h1>
<p>You go there, and come back.</p>
<form method="post" action="${action.href}">
${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`)}<button class="main" type="submit" autofocus>Continue</button>
</form>`
  return writePage({ title: `Continue to ${title}`, organization, content } satisfies Page)
}
