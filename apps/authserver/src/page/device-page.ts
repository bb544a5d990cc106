import { html } from './html.ts'
import { type Page, writePage } from './layout.ts'

export interface DevicePage {
  readonly organization: string
  readonly action: string
  /** Ties the form to this browser. */
  readonly xsrf: string
}

/** Asks for the code that a device shows (RFC 8628 §3.3). */
export function deviceCodePage(
  page: DevicePage & { readonly code: string | undefined; readonly wrong: string | undefined },
): string {
  const wrong =
    page.wrong === undefined
      ? undefined
      : html`<div class="wrong" role="alert" tabindex="-1" autofocus><h2>${page.wrong}</h2><p>Look at the device, and type the code that it shows now.</p></div>`
  const content = html`<h1>Connect a device</h1>
${wrong}<form method="post" action="${page.action}">
<input type="hidden" name="xsrf" value="${page.xsrf}">
<label for="user_code">The code on your device</label>
<input id="user_code" name="user_code" value="${page.code ?? ''}" autocomplete="off" autocapitalize="characters" spellcheck="false" required>
<button class="main" type="submit">Continue</button>
</form>`
  return writePage({ title: 'Connect a device', organization: page.organization, content } satisfies Page)
}

/** Lets the user compare the code: whoever sent it to them may want their own device connected (RFC 8628 §5.4). */
export function deviceConfirmPage(
  page: DevicePage & { readonly app: string; readonly code: string },
): string {
  const content = html`<h1>Is this your device?</h1>
<p>${page.app} wants to be connected. Go on only if you have the device before you, and it shows this code:</p>
<p><strong><code>${page.code}</code></strong></p>
<form method="post" action="${page.action}">
<input type="hidden" name="xsrf" value="${page.xsrf}">
<input type="hidden" name="user_code" value="${page.code}">
<button class="main" type="submit" name="confirm" value="yes">It is mine: continue</button>
<button type="submit" name="abort" value="yes">It is not mine</button>
</form>`
  return writePage({ title: 'Is this your device?', organization: page.organization, content } satisfies Page)
}
