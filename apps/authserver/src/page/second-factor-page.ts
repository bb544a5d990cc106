import type { Secret } from '@portcullis/kernel/secret'
import { renderSVG } from 'uqr'
import { html, Markup } from './html.ts'
import { type Page, writePage } from './layout.ts'
import type { SignInProblem } from './sign-in-page.ts'

export interface SecondFactorPage {
  readonly organization: string
  readonly user: string
  readonly action: string
  readonly formToken: string
  readonly problem?: SignInProblem
}

/** Asks for a second factor: what its method shows, the other ways, and a way out. */
export function secondFactorPage(
  page: SecondFactorPage & {
    readonly content: Markup
    readonly others: readonly { readonly id: string; readonly title: string }[]
    readonly wrong?: string
    /** For how long the user may let this browser stand for it: a duration. */
    readonly trustBrowsersFor?: string
  },
): string {
  const { wrong, trustBrowsersFor } = page
  const problem = wrong === undefined ? undefined : wrongBox(html`<p>${wrong}</p>`)
  const trust =
    trustBrowsersFor === undefined
      ? undefined
      : html`<p><label class="check"><input type="checkbox" name="trust" value="yes" form="proof"> Do not ask again in this browser for ${trustBrowsersFor}</label></p>\n`
  const ways = page.others.map(
    ({ id, title }) => html`<form method="post" action="${page.action}">
<input type="hidden" name="form" value="${page.formToken}">
<input type="hidden" name="method" value="${id}">
<button type="submit" name="decision" value="choose">${title}</button>
</form>
`,
  )
  const content = html`${problem}${page.content}
${trust}${ways}<form method="post" action="${page.action}">
<input type="hidden" name="form" value="${page.formToken}">
<button type="submit" name="decision" value="cancel">Cancel and go back</button>
</form>`
  const title = wrong === undefined ? 'Second factor' : 'Error: second factor'
  return writePage({ title, organization: page.organization, content } satisfies Page)
}

/** Gives the user a secret for an authenticator app, and asks for a first code as a proof. */
export function enrolmentPage(
  page: SecondFactorPage & { readonly secret: Secret; readonly uri: string },
): string {
  const content = html`${wrongWith(page.problem)}<h1>Set up your authenticator app</h1>
<p>This needs more than a password.</p>
${enrolmentFields(page.secret, page.uri)}
<form method="post" action="${page.action}">
<input type="hidden" name="form" value="${page.formToken}">
${codeField()}
<button class="main" type="submit" name="decision" value="confirm">Go on</button>
<button type="submit" name="decision" value="cancel" formnovalidate>Cancel and go back</button>
</form>`
  return writePage({
    title: titleOf('Set up your second factor', page),
    organization: page.organization,
    content,
  } satisfies Page)
}

/** A secret for an authenticator app: to scan, to open, to type. */
export function enrolmentFields(secret: Secret, uri: string): Markup {
  const groups = secret.reveal().replace(/(.{4})(?=.)/g, '$1 ')
  return html`<p>Scan the picture with an authenticator app, or <a href="${uri}">open it on this device</a>.</p>
<p class="code" role="img" aria-label="QR code for authenticator apps; the same is written below">${new Markup(renderSVG(uri, { border: 2 }))}</p>
<p>Or type this into the app: <code>${groups}</code></p>`
}

/** Recovery codes, shown this once. */
export function recoveryCodeList(codes: readonly Secret[]): Markup {
  return html`<p>Each of them lets you in once, should you lose your authenticator app. They are shown this once: print them, or keep them where you keep passwords.</p>
<ul>
${codes.map((code) => html`<li><code>${code.reveal()}</code></li>\n`)}</ul>`
}

/** Shows the recovery codes, this once. `proof` says that the second factor was proved in this very sign-in. */
export function recoveryCodesPage(
  page: SecondFactorPage & { readonly codes: readonly Secret[]; readonly proof: string },
): string {
  const content = html`<h1>Keep your recovery codes</h1>
${recoveryCodeList(page.codes)}
<form method="post" action="${page.action}">
<input type="hidden" name="form" value="${page.formToken}">
<input type="hidden" name="proof" value="${page.proof}">
<button class="main" type="submit" name="decision" value="kept">I have kept them</button>
</form>`
  return writePage({ title: 'Recovery codes', organization: page.organization, content } satisfies Page)
}

export function codeField(): Markup {
  return html`<label for="code">Code</label>
<input id="code" name="code" type="text" inputmode="text" autocomplete="one-time-code" autocapitalize="characters" autocorrect="off" spellcheck="false" required maxlength="32" autofocus>`
}

function titleOf(title: string, { problem }: SecondFactorPage): string {
  return problem === undefined ? title : `Error: ${title.toLowerCase()}`
}

function wrongWith(problem: SignInProblem | undefined): Markup | undefined {
  if (problem === undefined) return undefined
  const text =
    problem.kind === 'refused'
      ? html`<p>That is no code that is good now. A code is good once, for half a minute.</p>`
      : html`<p>There were too many attempts. Try again in ${problem.retryAfterSeconds} seconds.</p>`
  return wrongBox(text)
}

function wrongBox(text: Markup): Markup {
  return html`<div id="wrong" class="wrong" role="alert" tabindex="-1">
<h2>You are not signed in</h2>
${text}
</div>
`
}
