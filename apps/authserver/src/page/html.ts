/** Text that is markup already. Everything else that comes into a page is escaped. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Value = string | number | Markup | readonly Markup[] | undefined

/** Markup from a template; what is inserted is escaped for text and for quoted attributes. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(parts.map((part, i) => (i === 0 ? '' : write(values[i - 1])) + part).join(''))
}

function write(value: Value): string {
  if (value === undefined) return ''
  if (value instanceof Markup) return value.text
  if (Array.isArray(value)) return value.map(write).join('')
  return escapeText(String(value))
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
