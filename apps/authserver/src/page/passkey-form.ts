import { createHash } from 'node:crypto'
import { html, Markup } from './html.ts'

/**
 * The only script of our pages. It hands what the server asks to the browser's authenticator, and sends the answer as a
 * form like any other. Pages allow exactly this text (Content Security Policy, by its hash).
 */
const SCRIPT = `
for (const form of document.querySelectorAll('form[data-passkey]')) {
  const problem = form.querySelector('[data-problem]')
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    problem.hidden = true
    try {
      const publicKey = JSON.parse(form.dataset.options)
      const credential = form.dataset.passkey === 'create'
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) })
      form.elements.credential.value = JSON.stringify(credential)
      form.submit()
    } catch {
      problem.hidden = false
    }
  })
}
`

/** As the Content Security Policy names it. */
export const PASSKEY_SCRIPT_SOURCE = `'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`

/** A form that a passkey answers. `options`: what the server asks, as JSON. */
export function passkeyForm({
  kind,
  options,
  action,
  hidden,
  content,
  button,
}: {
  readonly kind: 'create' | 'get'
  readonly options: string
  readonly action: string
  /** Fields by their names. */
  readonly hidden: Readonly<Record<string, string>>
  readonly content?: Markup
  readonly button: string
}): Markup {
  const fields = Object.entries(hidden).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`,
  )
  return html`<form id="proof" method="post" action="${action}" data-passkey="${kind}" data-options="${options}">
${fields}<input type="hidden" name="credential" value="">
${content}<div class="wrong" role="alert" data-problem hidden><p>No passkey was used. Your browser or device has none for this account, or it was cancelled.</p></div>
<button class="main" type="submit">${button}</button>
</form>
<noscript><p>Passkeys need JavaScript.</p></noscript>
<script>${new Markup(SCRIPT)}</script>`
}
