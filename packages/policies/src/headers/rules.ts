import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { HeadersConfig } from './contract.ts'
import { compileTemplate, isFieldValue } from './template.ts'

/**
 * Fields that keep a browser from taking an API's reply for a page (OWASP REST Security Cheat Sheet).
 * `Strict-Transport-Security` is not among them: it must not be sent without TLS (RFC 6797 §7.2), and whether there is TLS
 * in front only the operator knows.
 */
const SECURITY_FIELDS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'X-Permitted-Cross-Domain-Policies': 'none',
}

/** The settings for one direction, compiled. */
export interface FieldRules {
  /** Old and new names, in lower case and as they are written. */
  readonly rename: readonly (readonly [from: string, to: string])[]
  readonly set: readonly FieldRule[]
  readonly append: readonly FieldRule[]
  /** In lower case. */
  readonly remove: readonly string[]
}

export interface FieldRule {
  readonly name: string
  readonly lowerName: string
  /** What becomes of the field in a call. */
  readonly write: (x: Exchange) => FieldValue
}

export function requestRules({ request }: HeadersConfig): FieldRules {
  return compile(request)
}

/** What the operator sets wins over the preset. */
export function replyRules({ reply }: HeadersConfig): FieldRules {
  const own = new Set(Object.keys(reply.set).map((name) => name.toLowerCase()))
  const preset = Object.entries(reply.security ? SECURITY_FIELDS : {})
  const unset = preset.filter(([name]) => !own.has(name.toLowerCase()))
  return compile({ ...reply, set: { ...Object.fromEntries(unset), ...reply.set } })
}

function compile({ rename, set, append, remove }: HeadersConfig['request']): FieldRules {
  return {
    rename: Object.entries(rename).map(([from, to]) => [from.toLowerCase(), to] as const),
    set: rulesOf(set),
    append: rulesOf(append),
    remove: remove.map((name) => name.toLowerCase()),
  }
}

function rulesOf(fields: Readonly<Record<string, string>>): FieldRule[] {
  return Object.entries(fields).map(([name, text]) => ({
    name,
    lowerName: name.toLowerCase(),
    write: writerOf(text),
  }))
}

/** Several values of one field in one (RFC 9110 §5.3); of cookies as RFC 6265 §4.2.1 has it. */
export function joinValues(lowerName: string, values: readonly string[]): string {
  return values.join(lowerName === 'cookie' ? '; ' : ', ')
}

/** What becomes of one field of a call. */
export type FieldValue =
  | { readonly kind: 'value'; readonly value: string }
  /** It speaks of something that is not known; a field of the caller's own by that name must not stand in for it. */
  | { readonly kind: 'unknown' }
  /** It would break the message. */
  | { readonly kind: 'unfit' }

const UNKNOWN: FieldValue = { kind: 'unknown' }
const UNFIT: FieldValue = { kind: 'unfit' }

function writerOf(text: string): FieldRule['write'] {
  const template = compileTemplate(text)
  if (typeof template !== 'string') return (x) => fieldOf(template(x))
  const field = fieldOf(template)
  return () => field
}

function fieldOf(value: string | undefined): FieldValue {
  if (value === undefined) return UNKNOWN
  return isFieldValue(value) ? { kind: 'value', value } : UNFIT
}
