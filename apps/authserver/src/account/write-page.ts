import { html, type Markup } from '../page/html.ts'
import { writePage } from '../page/layout.ts'
import type { Tenant } from '../tenant.ts'
import type { AccountPage, AccountPanel, AccountVisit } from './account-page.ts'

/** What is around the content of every page of an account. */
export interface Frame {
  readonly pages: readonly AccountPage[]
  readonly page: AccountPage
  readonly tenant: Tenant
  readonly user: string
}

/** What the last form led to, told where the user looks first. */
export type Outcome = { readonly done: string } | { readonly wrong: string; readonly panel: string }

/** A page with its panels in their order. */
export async function writeAccountPage(
  frame: Frame,
  visitOf: (panel: AccountPanel) => AccountVisit,
  outcome?: Outcome,
): Promise<string> {
  const { page } = frame
  const panels: Markup[] = []
  for (const panel of page.panels) {
    const shown = await panel.show(visitOf(panel))
    const wrong = wrongIn(panel, outcome)
    // What went wrong is told although nothing is left that could be shown.
    if (shown !== undefined || wrong !== undefined) panels.push(writePanel(panel, wrong, shown))
  }
  const done =
    outcome !== undefined && 'done' in outcome
      ? html`<p class="done" role="status" tabindex="-1" autofocus>${outcome.done}</p>\n`
      : undefined
  const isWrong = outcome !== undefined && 'wrong' in outcome
  return writeFramed(frame, isWrong ? `Error: ${page.title}` : page.title, html`${done}${panels}`)
}

function wrongIn({ id }: AccountPanel, outcome: Outcome | undefined): Markup | undefined {
  if (outcome === undefined || !('wrong' in outcome) || outcome.panel !== id) return undefined
  return html`<div class="wrong" role="alert" tabindex="-1" autofocus><p>${outcome.wrong}</p></div>\n`
}

function writePanel(
  { id, title }: AccountPanel,
  wrong: Markup | undefined,
  shown: Markup | undefined,
): Markup {
  return html`<section aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${wrong}${shown}
</section>
`
}

/** Content below the navigation. */
export async function writeFramed(
  { pages, page, tenant, user }: Frame,
  title: string,
  content: Markup,
): Promise<string> {
  const links = pages.map((each) => {
    const here = each === page ? html` aria-current="page"` : undefined
    return html`<a href="${tenant.issuer.pathname}/account/${each.path}"${here}>${each.title}</a>\n`
  })
  return writePage({
    title,
    organization: await tenant.title(),
    content: html`<nav aria-label="Account">
${links}</nav>
<h1>${title}</h1>
<p>You are signed in as <strong>${user}</strong>.</p>
${content}`,
  })
}
