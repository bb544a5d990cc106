/** Something that a guide quotes as code, or links to. */
export interface Quote {
  /** `inline`: between backticks; `block`: one line of a fenced block; `link`: the target of a link. */
  readonly form: 'inline' | 'block' | 'link'
  readonly text: string
  /** Counted from 1. */
  readonly line: number
}

const FENCE = /^\s*(```|~~~)/

/** Everything that a Markdown text quotes or links to. */
export function quotesOf(markdown: string): Quote[] {
  const quotes: Quote[] = []
  let inBlock = false
  markdown.split('\n').forEach((text, index) => {
    const line = index + 1
    if (FENCE.test(text)) inBlock = !inBlock
    else if (inBlock) quotes.push({ form: 'block', text: text.trim(), line })
    else quotes.push(...inlineQuotes(text, line))
  })
  return quotes
}

function inlineQuotes(text: string, line: number): Quote[] {
  const withoutCode = text.replaceAll(/`[^`]*`/g, '')
  return [
    ...Array.from(
      text.matchAll(/`([^`]+)`/g),
      ([, code]) => ({ form: 'inline', text: code as string, line }) as const,
    ),
    ...Array.from(
      withoutCode.matchAll(/\]\(([^()\s]+)\)/g),
      ([, target]) => ({ form: 'link', text: target as string, line }) as const,
    ),
  ]
}
