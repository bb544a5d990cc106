import { html } from './html.ts'
import { type Page, writePage } from './layout.ts'

export interface ConsentScope {
  readonly scope: string
  /** From the contract. */
  readonly description: string
}

export interface ConsentPage {
  readonly organization: string
  readonly app: string
  /** Of a client that describes itself: where it comes from, and where its answer goes. */
  readonly hosts?: { readonly client: string; readonly redirect?: string }
  readonly user: string
  /** Title of the API that the app wants to call; absent when it only wants to know who signed in. */
  readonly api: string | undefined
  readonly scopes: readonly ConsentScope[]
  /** What it asks for beyond scopes (RFC 9396), each to be allowed for itself: the field that says so, what it allows, and what exactly, as JSON. */
  readonly details: readonly { readonly field: string; readonly title: string; readonly detail: string }[]
  /** Whether the app also wants to know who signed in (scope `openid`). */
  readonly identity: boolean
  readonly action: string
  readonly formToken: string
}

export function consentPage(page: ConsentPage): string {
  const scopes = page.scopes.map(
    ({
      scope,
      description,
    }) => html`<li>${description === '' ? scope : description} <code>${scope}</code></li>
`,
  )
  const identity = page.identity
    ? html`<li>Know who you are: your user name <code>openid</code></li>`
    : undefined
  const details = page.details.map(
    ({
      field,
      title,
      detail,
    }) => html`<p><label class="check"><input type="checkbox" name="${field}" value="yes" checked> ${title}</label></p>
<pre>${detail}</pre>
`,
  )
  const each =
    page.details.length === 0
      ? undefined
      : html`<p>Leave ticked what you allow:</p>
`
  const list =
    page.scopes.length === 0 && !page.identity
      ? undefined
      : html`<ul>
${scopes}${identity}</ul>
`
  const origin =
    page.hosts &&
    html`<p>Nobody here has checked <strong>${page.hosts.client}</strong>, from where it comes${page.hosts.redirect === undefined ? '' : html`. You are sent to <strong>${page.hosts.redirect}</strong>`}. Allow it only if you know and trust that.</p>
`
  const content = html`<h1>Allow ${page.app} to act for you?</h1>
<p>You are signed in as <strong>${page.user}</strong>. ${page.app} asks for this${page.api === undefined ? '' : html` in ${page.api}`}:</p>
${origin}${list}<form method="post" action="${page.action}">
<input type="hidden" name="form" value="${page.formToken}">
${each}${details}<button class="main" type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Do not allow</button>
</form>`
  return writePage({ title: 'Allow access', organization: page.organization, content } satisfies Page)
}
