import { pathOf, valueAt } from '@portcullis/kernel/json-pointer'
import type { Exchange } from '@portcullis/policy-kit/exchange'

/** What a field may say besides claims. */
export const facts = ['client', 'subject', 'issuer', 'scopes', 'roles', 'groups', 'plan'] as const
type Fact = (typeof facts)[number]

/** What conditions call them. */
export const words: Readonly<Record<Fact, string>> = {
  client: 'context.app',
  subject: 'principal',
  issuer: 'principal.issuer',
  scopes: 'context.scopes',
  roles: 'context.roles',
  groups: 'context.groups',
  plan: 'context.plan',
}

/** Finds a value in a call; `undefined` where there is none. */
export type FindValue = (x: Exchange) => unknown

export function finderOf(source: string): FindValue {
  if (source.startsWith('/')) {
    const path = pathOf(source)
    return ({ principal }) => principal && valueAt(principal.claims, path)
  }
  return ({ principal, subscriber }) => principal && factOf(source as Fact, principal, subscriber?.plan)
}

function factOf(
  fact: Fact,
  principal: NonNullable<Exchange['principal']>,
  plan: string | undefined,
): unknown {
  switch (fact) {
    case 'scopes':
      return [...principal.scopes]
    case 'roles':
      return principal.roles && [...principal.roles]
    case 'groups':
      return principal.groups && [...principal.groups]
    case 'plan':
      return plan
    default:
      return principal[fact]
  }
}

/**
 * A value as a field may carry it, so that it can neither end the field nor pass for several values: a text in
 * percent-encoding but for the characters that never mean anything (RFC 3986 §2.3, and `@ : /`), a list of those with commas
 * between, anything else as the percent-encoded JSON of it.
 */
export function encodeValue(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value)) return value.map((each) => encodeText(textOf(each))).join(',')
  return encodeText(textOf(value))
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function encodeText(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll(/%(40|3A|2F)/g, (encoded) => decodeURIComponent(encoded))
}
