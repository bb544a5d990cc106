import type { TokenOutcome } from '@portcullis/model/resource/token-rules'
import type { TokenAsked } from './token-asked.ts'

/** Rules that operators wrote in TypeScript. Whoever answers bounds their time: one that hangs or throws has failed. */
export interface CustomRules {
  /** Never rejects: what went wrong is told, and refuses the token. */
  ask(name: string, asked: TokenAsked): Promise<CustomAnswer>
}

export type CustomAnswer = { readonly outcome: TokenOutcome } | { readonly failed: string }

export const noCustomRules: CustomRules = {
  ask: async (name) => ({ failed: `there is no rule "${name}" here` }),
}

/** What the file of such a rule exports as `rule`: what becomes of a token, or nothing where it has no objection. */
export type CustomRule = (token: TokenAsked) => TokenOutcome | undefined | Promise<TokenOutcome | undefined>
