import { html } from '../page/html.ts'
import { writePage } from '../page/layout.ts'
import { passkeyForm } from '../page/passkey-form.ts'
import { partsOf, purposeOf } from '../second-factor/passkey/passkey-method.ts'
import { beginProof, finishProof } from '../second-factor/passkey/passkeys.ts'
import type { Answer, Interaction } from './interaction.ts'

/** Where a passkey alone says whose account it is: to sign in, or to link one. */
export interface PasskeyPage {
  readonly heading: string
  /** What went wrong before, if something did. */
  readonly wrong?: { readonly title: string; readonly line: string } | undefined
  /** Goes along with its forms. */
  readonly hidden?: Readonly<Record<string, string>>
  /** The decision of the form that brings the proof, and of the one that leads back. */
  readonly decision: string
  readonly back: { readonly decision: string; readonly button: string }
}

export async function showPasskeyPage(interaction: Interaction, page: PasskeyPage): Promise<Answer> {
  const { tenant, action, formToken } = interaction
  const { heading, wrong, hidden = {}, decision, back } = page
  const problem =
    wrong === undefined
      ? undefined
      : html`<div id="wrong" class="wrong" role="alert" tabindex="-1" autofocus><h2>${wrong.title}</h2><p>${wrong.line}</p></div>\n`
  const own = { form: formToken, ...hidden }
  const content = html`${problem}<h1>${heading}</h1>
${passkeyForm({
  kind: 'get',
  options: await beginProof(partsOf(interaction), undefined, purposeOf(interaction)),
  action,
  hidden: { ...own, decision },
  button: 'Use a passkey',
})}
<form method="post" action="${action}">
${Object.entries(own).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`)}<button type="submit" name="decision" value="${back.decision}">${back.button}</button>
</form>`
  const title = wrong === undefined ? 'Sign in' : 'Error: sign in'
  const written = writePage({ title, organization: await tenant.title(), content })
  return { status: wrong === undefined ? 200 : 422, page: written }
}

/**
 * Whose passkey was shown, once, for this sign-in; absent where it is of no account that may sign in by itself: who has no password
 * here is let in by an identity provider, and by nobody else.
 */
export async function provedByPasskey(interaction: Interaction, form: ReadonlyMap<string, string>) {
  const credential = form.get('credential') ?? ''
  const proof = await finishProof(partsOf(interaction), undefined, purposeOf(interaction), credential)
  const account = proof && (await interaction.tenant.readAccount(proof.user))
  return typeof account?.passwordChangedAt === 'number' ? proof : undefined
}
