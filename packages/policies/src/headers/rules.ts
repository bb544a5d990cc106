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
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

/** The settings for one direction, compiled. */
export interface FieldRules {
  readonly set: readonly FieldRule[]
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
  return compile(request.set, request.remove)
}

/** What the operator sets wins over the preset. */
export function replyRules({ reply }: HeadersConfig): FieldRules {
  const own = new Set(Object.keys(reply.set).map((name) => name.toLowerCase()))
  const preset = Object.entries(reply.security ? SECURITY_FIELDS : {})
  const unset = preset.filter(([name]) => !own.has(name.toLowerCase()))
  return compile({ ...Object.fromEntries(unset), ...reply.set }, reply.remove)
}

function compile(set: Readonly<Record<string, string>>, remove: readonly string[]): FieldRules {
  return {
    set: Object.entries(set).map(([name, text]) => ({
      name,
      lowerName: name.toLowerCase(),
      write: writerOf(text),
    })),
    remove: remove.map((name) => name.toLowerCase()),
  }
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
