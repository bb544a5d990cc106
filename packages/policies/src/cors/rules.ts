import { Duration } from '@portcullis/kernel/duration'
import { ANY } from '../setting/page-origin.ts'
import type { CorsConfig } from './contract.ts'
import { originMatcher } from './origin-pattern.ts'

/** What is ours to read on every reply: how a page learns why it was refused and how much it may still call. */
const OWN_FIELDS = ['Portcullis-Decision', 'WWW-Authenticate', 'Retry-After', 'RateLimit', 'RateLimit-Policy']
const MAX_ASKED_FIELDS = 64

/** What holds for the pages of some origins, compiled. */
export interface CorsRule {
  readonly isFor: (origin: string) => boolean
  /** Whether every page is answered alike, whatever its origin. */
  readonly anyOrigin: boolean
  readonly methods: ReadonlySet<string> | undefined
  readonly requestHeaders: ReadonlySet<string>
  readonly privateNetwork: boolean
  /** Fields of the answer to a preflight: names and values in turn. */
  readonly preflightFields: readonly string[]
  /** Fields of every other reply to an allowed origin. */
  readonly replyFields: readonly string[]
}

/** Those for some origins first, in the order in which they are written; the first that is for a page counts. */
export type CorsRules = readonly CorsRule[]

type CommonConfig = Omit<CorsConfig, 'rules'>

export function compileRules({ rules, ...common }: CorsConfig): CorsRules {
  return [
    ...rules.map((rule) => compileRule({ ...common, ...(rule as Partial<CommonConfig>) })),
    compileRule(common),
  ]
}

function compileRule(config: CommonConfig): CorsRule {
  const credentials = config.credentials ? ['Access-Control-Allow-Credentials', 'true'] : []
  return {
    isFor: originMatcher(config.origins),
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

/** What holds for the pages of an origin (Fetch standard, "CORS check"); `undefined` where they may not call. */
export function ruleFor(rules: CorsRules, origin: string | undefined): CorsRule | undefined {
  return origin === undefined ? undefined : rules.find((rule) => rule.isFor(origin))
}

/** The value of `Access-Control-Allow-Origin`. */
export function allowOrigin(rule: CorsRule, origin: string): string {
  return rule.anyOrigin ? ANY : origin
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
  const { origin } = question
  const rule = ruleFor(rules, origin)
  if (origin === undefined || rule === undefined) return { refused: 'origin-refused' }
  const methods = rule.methods === undefined ? question.contractMethods : [...rule.methods]
  if (question.method === undefined || !methods.includes(question.method))
    return { refused: 'method-refused' }
  if (!allowsFields(rule, question.headers)) return { refused: 'header-refused' }
  if (question.privateNetwork && !rule.privateNetwork) return { refused: 'private-network-refused' }
  return {
    allowed: [
      ...['Access-Control-Allow-Origin', allowOrigin(rule, origin)],
      ...['Access-Control-Allow-Methods', methods.join(', ')],
      ...rule.preflightFields,
      ...(question.privateNetwork ? ['Access-Control-Allow-Private-Network', 'true'] : []),
    ],
  }
}

function allowsFields(rule: CorsRule, asked: string | undefined): boolean {
  if (asked === undefined || asked === '') return true
  const names = asked.split(',', MAX_ASKED_FIELDS + 1)
  return (
    names.length <= MAX_ASKED_FIELDS &&
    names.every((name) => rule.requestHeaders.has(name.trim().toLowerCase()))
  )
}
