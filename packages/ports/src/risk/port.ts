import { defineFaults } from '@portcullis/kernel/fault'

/**
 * Risk says how suspicious it is that somebody asks for something: from 0, nothing speaks against them, to 100, it is
 * surely not them. Whoever judges may know more than we tell, such as how the same person came yesterday.
 *
 * The answer comes at once where it can. It is a number from 0 to 100, or `risk-engine.unavailable`: an outage, or an answer that
 * is none, never looks like a small risk.
 */
export interface Risk {
  assess(facts: RiskFacts): number | Promise<number>
}

/** What is known of who asks. What is unknown is left out. */
export interface RiskFacts {
  readonly organization: string
  /** For what they ask: a call at a gateway, a token, or a sign-in. */
  readonly occasion: 'call' | 'token' | 'sign-in'
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly address?: string | undefined
  /** ISO 3166-1 alpha-2. */
  readonly country?: string | undefined
  readonly userAgent?: string | undefined
  /** The app. */
  readonly client?: string | undefined
  /** The user, or the app where no user is involved. */
  readonly subject?: string | undefined
  /** For whom a token is, or what is called: an audience. */
  readonly audience?: string | undefined
  /** Of a call: the operation that it asks for. */
  readonly operation?: string | undefined
  /** Of a token: the grant. */
  readonly grant?: string | undefined
}

/** Whether a number is a risk. */
export function isRisk(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 100
}

export const riskEngineFaults = defineFaults('risk-engine', {
  unavailable: {
    status: 503,
    title: 'Nobody can say at the moment how risky this is',
    remedy:
      'Try again in a moment. Operators: PORTCULLIS_RISK_URL names who is asked; the log says what it answered.',
  },
})
