/** Something that is wrong in a text of Cedar, and where. */
export interface Problem {
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly help?: string
  /** Counted from 1. */
  readonly line?: number
  /** Counted from 1, in characters. */
  readonly column?: number
}

/** Texts, comments, words, numbers and single signs: all that is needed to find where policies end. Linear. */
const TOKEN = /"(?:[^"\\]|\\[\s\S])*"|\/\/[^\n]*|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[\s\S]/g

/** The tokens of a text with their places. Whitespace is among them. */
export function* tokensOf(text: string): Generator<{ readonly text: string; readonly start: number }> {
  for (const match of text.matchAll(TOKEN)) yield { text: match[0], start: match.index }
}

export interface Statement {
  readonly text: string
  /** Where it stands in the whole, in UTF-16 units. */
  readonly start: number
  /** Of its first word, counted from 1. */
  readonly line: number
  readonly template: boolean
}

/** Splits a text that Cedar has parsed into its policies: a semicolon outside of texts and comments ends one. */
export function splitPolicies(text: string): Statement[] {
  const statements: Statement[] = []
  let start = 0
  let begun: number | undefined
  let template = false
  for (const token of tokensOf(text)) {
    if (begun === undefined && !/^(\s|\/\/)/.test(token.text)) begun = token.start
    if (token.text === '?') template = true
    if (token.text !== ';' || begun === undefined) continue
    const end = token.start + 1
    statements.push({ text: text.slice(start, end), start, line: placeAt(text, begun).line, template })
    start = end
    begun = undefined
    template = false
  }
  return statements
}

/** Brackets within brackets. Cedar's parser takes a frame of its stack for each, and what overflows it ends it for good. */
const MAX_DEPTH = 100

/** What is nested deeper than the parser bears; `undefined` where nothing is. */
export function tooDeep(text: string): Problem | undefined {
  let depth = 0
  for (const token of tokensOf(text)) {
    if ('([{'.includes(token.text)) depth++
    if (')]}'.includes(token.text)) depth--
    if (depth > MAX_DEPTH) {
      const message = `brackets are nested deeper than ${MAX_DEPTH}`
      return { severity: 'error', message, ...placeAt(text, token.start) }
    }
  }
  return undefined
}

interface CedarError {
  readonly message: string
  readonly help: string | null
  readonly sourceLocations?: readonly { readonly label: string | null; readonly start: number }[]
  readonly related?: readonly CedarError[]
}

/** Cedar's errors with places for people. Cedar counts bytes of UTF-8 from where the policy begins. */
export function problemsOf(
  text: string,
  errors: readonly CedarError[],
  start = 0,
  severity: Problem['severity'] = 'error',
): Problem[] {
  return errors.flatMap((error) => {
    const [location] = error.sourceLocations ?? []
    const label = location?.label ?? undefined
    const message = error.message.replace(/^failed to parse [a-z ]+ from string: /, '')
    const problem: Problem = {
      severity,
      message: label === undefined ? message : `${message}: ${label}`,
      ...(error.help === null ? {} : { help: error.help }),
      ...(location === undefined ? {} : placeOfByte(text, start, location.start)),
    }
    return [problem, ...problemsOf(text, error.related ?? [], start, severity)]
  })
}

function placeOfByte(text: string, start: number, byte: number): { line: number; column: number } {
  const before = Buffer.from(text.slice(start)).subarray(0, byte).toString().length
  return placeAt(text, start + before)
}

function placeAt(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at)
  const newline = before.lastIndexOf('\n')
  return { line: before.split('\n').length, column: [...before.slice(newline + 1)].length + 1 }
}
