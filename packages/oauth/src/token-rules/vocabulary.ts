import { parseIp } from '@portcullis/cedar/extension/ip'
import { CedarSet, type CedarValue } from '@portcullis/cedar/value'
import { LookupRecord } from '@portcullis/policy-kit/condition/host-value'
import { wallClock } from '@portcullis/policy-kit/condition/wall-clock'
import type { TokenAsked } from './token-asked.ts'

interface Word {
  readonly type: 'String' | 'Long' | 'ipaddr' | 'datetime' | 'Set<String>' | 'Record'
  readonly meaning: string
  /** `undefined` where nobody knows it: a rule that asks has no answer then. */
  readonly read: (asked: TokenAsked) => CedarValue | undefined
}

const word = (each: Word): Word => each

/** All that rules can ask of a token, as attributes of `context`. */
export const tokenVocabulary = {
  grant: word({ type: 'String', meaning: 'The `grant_type` of the request.', read: ({ grant }) => grant }),
  app: word({ type: 'String', meaning: 'The app that asks.', read: ({ app }) => app }),
  scopes: word({
    type: 'Set<String>',
    meaning: 'The scopes that are left: `context.scopes.contains("order_item")`.',
    read: ({ scopes }) => new CedarSet(scopes),
  }),
  acr: word({ type: 'String', meaning: 'How the user signed in (`acr`).', read: ({ acr }) => acr }),
  address: word({
    type: 'ipaddr',
    meaning: 'From where the token is asked for: `context.address.isInRange(ip("192.0.2.0/24"))`.',
    read: ({ address }) => parseIp(address),
  }),
  country: word({
    type: 'String',
    meaning: 'The country of that address (ISO 3166-1, two letters).',
    read: ({ country }) => country,
  }),
  userAgent: word({
    type: 'String',
    meaning: 'What asks, as it says itself.',
    read: ({ userAgent }) => userAgent,
  }),
  risk: word({ type: 'Long', meaning: 'How suspicious it is, from 0 to 100.', read: ({ risk }) => risk }),
  time: word({
    type: 'datetime',
    meaning: 'When it is asked for.',
    read: ({ nowMillis }) => ({ kind: 'datetime', milliseconds: nowMillis }),
  }),
  zone: word({
    type: 'Record',
    meaning: 'The clock on the wall of a time zone: `context.zone["Europe/Berlin"].hour < 18`.',
    read: ({ nowMillis }) =>
      new LookupRecord(
        (name) => wallClock(name, nowMillis),
        () => [],
      ),
  }),
} as const satisfies Readonly<Record<string, Word>>

export type TokenWord = keyof typeof tokenVocabulary

/** The word of that name, if it is one: own keys only. */
export function wordNamed(name: string): Word | undefined {
  return Object.hasOwn(tokenVocabulary, name) ? tokenVocabulary[name as TokenWord] : undefined
}
