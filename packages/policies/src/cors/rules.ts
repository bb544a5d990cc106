import { Duration } from '@portcullis/kernel/duration'
import { ANY } from '../page-origin.ts'
import type { CorsConfig } from './contract.ts'

/** What is ours to read on every reply: how a page learns why it was refused and how much it may still call. */
const OWN_FIELDS = ['Portcullis-Decision', 'WWW-Authenticate', 'Retry-After', 'RateLimit', 'RateLimit-Policy']
const MAX_ASKED_FIELDS = 64

/** The settings, compiled. */
export interface CorsRules {
  readonly origins: ReadonlySet<string>
  readonly anyOrigin: boolean
  readonly methods: ReadonlySet<string> | undefined
  readonly requestHeaders: ReadonlySet<string>
  readonly privateNetwork: boolean
  /** Fields of the answer to a preflight: names and values in turn. */
  readonly preflightFields: readonly string[]
  /** Fields of every other reply to an allowed origin. */
  readonly replyFields: readonly string[]
}

export function compileRules(config: CorsConfig): CorsRules {
  const credentials = config.credentials ? ['Access-Control-Allow-Credentials', 'true'] : []
  return {
    origins: new Set(config.origins),
    anyOrigin: config.origins.includes(ANY),
    methods: config.methods && new Set<string>(config.methods),
    requestHeaders: new Set(config.requestHeaders.map((name) => name.toLowerCase())),
    privateNetwork: config.privateNetwork,
    preflightFields: [
      ...credentials,
      ...(config.requestHeaders.length > 0
        ? ['Access-Control-Allow-Headers', config.requestHeaders.join(', ')]
        : []),
      ...['Access-Control-Max-Age', String(Duration.parse(config.maxAge).seconds)],
    ],
    replyFields: [
      ...credentials,
      ...['Access-Control-Expose-Headers', [...OWN_FIELDS, ...config.exposedHeaders].join(', ')],
    ],
  }
}

/**
 * The value of `Access-Control-Allow-Origin` for a page (Fetch standard, "CORS check"); `undefined` where there is
 * none. Opaque origins all call themselves `null`, so that to allow one is to allow every sandboxed frame.
 */
export function allowedOrigin(rules: CorsRules, origin: string | undefined): string | undefined {
  if (origin === undefined || origin === 'null') return undefined
  if (rules.anyOrigin) return ANY
  return rules.origins.has(origin) ? origin : undefined
}

/** What a browser asks before it lets a page call (Fetch standard, "CORS-preflight fetch"). */
export interface Question {
  readonly origin: string | undefined
  readonly method: string | undefined
  /** The value of `Access-Control-Request-Headers`. */
  readonly headers: string | undefined
  readonly privateNetwork: boolean
  /** The methods of the contract at this place. */
  readonly contractMethods: readonly string[]
}

export type Answer =
  /** Fields of the reply: names and values in turn. */
  | { readonly allowed: readonly string[] }
  | { readonly refused: 'origin-refused' | 'method-refused' | 'header-refused' | 'private-network-refused' }

/** Answers a preflight: allowed as a whole, or refused with the first thing that stands against it. */
export function answerPreflight(rules: CorsRules, question: Question): Answer {
  const origin = allowedOrigin(rules, question.origin)
  if (origin === undefined) return { refused: 'origin-refused' }
  const methods = rules.methods === undefined ? question.contractMethods : [...rules.methods]
  if (question.method === undefined || !methods.includes(question.method))
    return { refused: 'method-refused' }
  if (!allowsFields(rules, question.headers)) return { refused: 'header-refused' }
  if (question.privateNetwork && !rules.privateNetwork) return { refused: 'private-network-refused' }
  return {
    allowed: [
      ...['Access-Control-Allow-Origin', origin, 'Access-Control-Allow-Methods', methods.join(', ')],
      ...rules.preflightFields,
      ...(question.privateNetwork ? ['Access-Control-Allow-Private-Network', 'true'] : []),
    ],
  }
}

function allowsFields(rules: CorsRules, asked: string | undefined): boolean {
  if (asked === undefined || asked === '') return true
  const names = asked.split(',', MAX_ASKED_FIELDS + 1)
  return (
    names.length <= MAX_ASKED_FIELDS &&
    names.every((name) => rules.requestHeaders.has(name.trim().toLowerCase()))
  )
}
