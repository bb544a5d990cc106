import { httpUrl, z } from '@portcullis/kernel/schema'
import { wholeSeconds } from '../setting/duration-range.ts'

const visible = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[!-~]+$/, 'visible characters without spaces')

/** What all methods say that get tokens from a token endpoint. */
export const tokenRequest = {
  tokenEndpoint: httpUrl()
    .optional()
    .describe('The token endpoint; that of the environment’s own authorization server when absent.'),
  audience: visible(2048).describe(
    'The backend, as its tokens name it. A token that says that it is for somebody else is not used.',
  ),
  indicator: z
    .enum(['resource', 'audience', 'none'])
    .default('resource')
    .describe(
      'How the endpoint is told for whom the token is: as resource (RFC 8707), as audience (RFC 8693 §2.1), or not at all.',
    ),
  scope: z
    .string()
    .regex(/^[!#-[\]-~]+( [!#-[\]-~]+)*$/, 'scopes, divided by single spaces (RFC 6749 §3.3)')
    .max(1024)
    .optional()
    .describe('The scopes to ask for, divided by spaces.'),
  timeout: wholeSeconds('1s', '30s').default('5s').describe('How long an answer may take.'),
}
