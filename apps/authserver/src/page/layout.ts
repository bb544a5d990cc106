import { createHash } from 'node:crypto'
import { isPrivateScheme } from '@portcullis/oauth/client/redirect-uri'
import { html, Markup } from './html.ts'
import { PASSKEY_SCRIPT_SOURCE } from './passkey-form.ts'

const STYLE = `
:root { color-scheme: light dark; --line: #6b7280; --accent: #1d4ed8; --wrong: #b42318; }
@media (prefers-color-scheme: dark) { :root { --accent: #93b4ff; --wrong: #ff9b8f; --line: #9ca3af; } }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: 0 auto; padding: 2rem 1rem; }
.organization { margin: 0 0 0.5rem; }
h1 { margin: 0 0 1.5rem; font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
label { display: block; margin-top: 1rem; font-weight: 600; }
input { width: 100%; min-height: 2.75rem; padding: 0.5rem; font: inherit; border: 1px solid var(--line); border-radius: 4px; }
button { width: 100%; min-height: 2.75rem; margin-top: 1rem; font: inherit; font-weight: 600; border: 2px solid var(--accent); border-radius: 4px; background: none; color: inherit; cursor: pointer; }
button.main { margin-top: 1.5rem; background: var(--accent); color: Canvas; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.wrong { margin-bottom: 1rem; padding: 0.75rem 1rem; border: 2px solid var(--wrong); border-radius: 4px; }
.wrong h2 { margin: 0; font-size: 1rem; }
.wrong p { margin: 0.25rem 0 0; }
nav a { display: inline-block; margin: 0 1rem 0.5rem 0; color: var(--accent); }
nav a[aria-current] { font-weight: 600; text-decoration: none; color: inherit; }
section { margin-top: 2rem; }
section h2 { margin: 0; font-size: 1.125rem; }
.check { font-weight: 400; }
.check input { width: auto; min-height: 0; }
.done { padding: 0.75rem 1rem; border: 2px solid var(--accent); border-radius: 4px; }
li { margin-top: 0.5rem; overflow-wrap: anywhere; }
code { font-size: 0.875em; }
`

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

export interface Page {
  readonly title: string
  /** Who asks: people should see at whose door they type their password. */
  readonly organization: string
  readonly content: Markup
}

/** A whole page: readable without style sheet and script, by ear, at 320 pixels, and with forced colours. */
export function writePage({ title, organization, content }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – ${organization}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main>
<p class="organization">${organization}</p>
${content}
</main>
</body>
</html>
`.text
}

/**
 * The headers of a page. Nothing but our own style sheet is loaded, no script but our own runs, nobody frames it, and its form
 * goes to ourselves: browsers hold every redirect after a form to that list too, an app's own among them, so that forms are
 * answered with a page that goes on (`forwardPage`). `formTarget` is where else a form of this page may lead: its scheme
 * alone, since whoever is there may send the browser on.
 */
export function pageHeaders(formTarget?: string): Readonly<Record<string, string>> {
  const targets = ["'self'", ...(formTarget === undefined ? [] : [new URL(formTarget).protocol])]
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': [
      "default-src 'none'",
      `style-src 'sha256-${STYLE_HASH}'`,
      `form-action ${targets.join(' ')}`,
      "base-uri 'none'",
      "frame-ancestors 'none'",
      // Exactly one, on the pages that have it.
      `script-src ${PASSKEY_SCRIPT_SOURCE}`,
    ].join('; '),
  }
}

/**
 * Where a redirect after a form may lead right away: to an app on the same device, by a scheme of its own, which systems open only
 * for what somebody has just pressed. Absent where a page stands in between.
 */
export function nativeTarget(uri: string | undefined): string | undefined {
  return uri !== undefined && isPrivateScheme(new URL(uri)) ? uri : undefined
}
