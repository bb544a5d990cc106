import { z } from 'zod'
import { isDuration } from './duration.ts'
import type { Place } from './fault.ts'
import { meant } from './nearest.ts'
import { keysAt } from './schema-word.ts'

/**
 * The one schema language. Values are checked, never transformed: what was written is what is stored,
 * exported and compared. Objects are strict: an unknown key is refused.
 */
export { z }

/** The name of a resource: what people type, what URLs and keys carry. */
export const name = () =>
  z
    .string()
    .max(63, 'a name has at most 63 characters')
    .regex(
      /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
      'a name is lower-case letters, digits and single hyphens, and starts with a letter',
    )

export const duration = () =>
  z.string().refine(isDuration, 'a duration is a whole number and a unit: 250ms, 30s, 5m, 1h, 7d')

/** An absolute http or https URL without credentials, query or fragment. */
export const httpUrl = () =>
  z
    .string()
    .max(2048)
    .refine(
      isHttpUrl,
      'a URL is absolute, begins with http:// or https://, and has no user, query or fragment',
    )

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return false
  return url.username === '' && url.password === '' && url.search === '' && url.hash === ''
}

/** One thing wrong with a value: where, what, and how to mend it. */
export interface Issue {
  readonly path: string
  readonly message: string
  readonly remedy: string
}

/** What a schema says against a value, each with its JSON Pointer. Empty when nothing. */
export function issuesOf(schema: z.ZodType, value: unknown, at = ''): Issue[] {
  const result = schema.safeParse(value)
  return result.success ? [] : result.error.issues.flatMap((issue) => explain(issue, at, schema, value))
}

/** The JSON Pointer (RFC 6901) of a path of keys. */
export function pointer(keys: readonly PropertyKey[], at = ''): string {
  return at + keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

export function placeOf(issue: Issue, file?: string): Place {
  return file === undefined ? { path: issue.path } : { file, path: issue.path }
}

function explain(issue: z.core.$ZodIssue, at: string, schema: z.ZodType, value: unknown): Issue[] {
  const path = pointer(issue.path, at)
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path)
    return issue.keys.map((key) => ({
      path: pointer([key], path),
      message: `"${key}" is not known here`,
      remedy: `Remove it, or mend its spelling: unknown keys are refused so that no setting is silently ignored.${meant(key, known)}`,
    }))
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // Whoever wrote an object does not want to hear that a text would have done.
    const closest =
      issue.errors.toSorted(
        (a, b) => Number(isOfOtherType(a)) - Number(isOfOtherType(b)) || a.length - b.length,
      )[0] ?? []
    const whole = closest.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }))
    if (whole.length > 0) return whole.flatMap((inner) => explain(inner, at, schema, value))
  }
  const found = valueAt(value, issue.path)
  if (found === undefined && (issue.code === 'invalid_type' || choicesOf(issue).length > 0))
    return [{ path, message: 'is missing', remedy: `Add it: ${expectation(issue)}.` }]
  return [{ path, message: refusal(issue, found), remedy: remedyFor(issue, found) }]
}

/** What is wrong with a value, in the words of who wrote it. */
function refusal(issue: z.core.$ZodIssue, found: unknown): string {
  if (choicesOf(issue).length > 0) return `${shown(found)} is none of the values that it can have`
  if (issue.code === 'invalid_type') return `${shown(found)} is no ${typeWord(issue.expected)}`
  return issue.message
}

function remedyFor(issue: z.core.$ZodIssue, found: unknown): string {
  const guess = typeof found === 'string' ? meant(found, choicesOf(issue)) : ''
  return `Change the value: ${expectation(issue)}.${guess}`
}

/** The types whose name in the library is none of YAML. */
const typeWord = (type: string): string =>
  ({ array: 'list', record: 'object', int: 'whole number' })[type] ?? type

/** The values among which one has to be chosen, by themselves or as what tells alternatives apart. */
function choicesOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String)
  return issue.code === 'invalid_union' && 'options' in issue ? (issue.options ?? []).map(String) : []
}

const MAX_SHOWN = 40

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'A list'
  if (typeof value === 'object' && value !== null) return 'An object'
  const text = JSON.stringify(value) ?? 'Nothing'
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  )
}

function isOfOtherType(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0)
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `expected ${typeWord(issue.expected)}`
  const choices = choicesOf(issue)
  if (choices.length > 0) return `one of ${choices.join(', ')}`
  return issue.message
}
