import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { wholeSeconds } from '../setting/duration-range.ts'

/** As `acr_values` takes them: texts without spaces (OpenID Connect Core §3.1.2.1), and without what ends a quote. */
const context = z
  .string()
  .max(256)
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'a text without spaces, quotes and backslashes')

const config = z
  .strictObject({
    anyOf: z
      .array(context)
      .max(32)
      .default([])
      .describe('The user signed in in one of these ways (`acr`), the one to ask for first.'),
    maxAge: wholeSeconds('1s', '365d').optional().describe('The user signed in no longer ago than this.'),
  })
  .refine(({ anyOf, maxAge }) => anyOf.length > 0 || maxAge !== undefined, {
    path: ['anyOf'],
    message: 'one of `anyOf` and `maxAge` is set, or nothing would be checked',
  })
export type AcrConfig = z.infer<typeof config>

const AGAIN =
  'Send the user to the authorization server again, with what WWW-Authenticate says (RFC 9470 §4).'

export const acrFaults = defineFaults('acr', {
  'too-weak': { status: 401, title: 'The user must sign in in a stronger way for this', remedy: AGAIN },
  'too-old': { status: 401, title: 'The user signed in too long ago for this', remedy: AGAIN },
  unknown: {
    status: 401,
    title: 'This takes a user who signed in',
    remedy: 'Call with a token of a user: the contract of the API says of which kind.',
  },
})

export const acrContract: PolicyContract<AcrConfig> = {
  id: 'acr',
  summary: 'Asks users to sign in again, or in a stronger way, for what needs it.',
  phase: 'authorize',
  stacking: 'every',
  config,
  faults: acrFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  mentions: () => ({ attributes: ['context.acr'] }),
}
