import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { isFieldName } from '../setting/field-name.ts'
import { ANY, isOrigin } from '../setting/page-origin.ts'

const cookieName = () => z.string().max(128).refine(isFieldName, 'the name of a cookie')

/** With this prefix browsers take a cookie from this very host alone (RFC 6265bis §4.1.3.2). */
const HOST_PREFIX = '__Host-'

const config = z.strictObject({
  tokenCookie: cookieName()
    .optional()
    .describe(
      'A cookie that carries the access token: taken as if it stood in Authorization, and kept from the backend.',
    ),
  origins: z
    .array(
      z
        .string()
        .max(512)
        .refine(
          (text) => text !== ANY && isOrigin(text),
          'an origin such as https://app.example, without path or final slash',
        ),
    )
    .max(256)
    .default([])
    .describe('Pages of which origins may act for their visitors, besides those of the API’s own origin.'),
  doubleSubmit: z
    .strictObject({
      cookie: cookieName()
        .refine(
          (name) => name.startsWith(HOST_PREFIX),
          'a name that begins with __Host-, so that no other host can set it',
        )
        .describe('The cookie that holds a random value; its name begins with __Host-.'),
      field: z
        .string()
        .max(128)
        .refine(isFieldName, 'the name of a header field')
        .default('X-CSRF-Token')
        .describe('The request field in which the page repeats it.'),
    })
    .optional()
    .describe('Also demand that the page repeats a value which only pages of its own host can read.'),
})
export type CsrfConfig = z.infer<typeof config>

const REMEDY = 'Operators: if the page is yours, add its origin to the csrf policy of this API.'

export const csrfFaults = defineFaults('csrf', {
  'origin-refused': {
    status: 403,
    title: 'Pages of this origin may not act for their visitors',
    remedy: REMEDY,
  },
  'origin-unknown': {
    status: 403,
    title: 'It is not known which page sends this',
    remedy: 'Send Origin, as browsers do. Programs send their token in Authorization instead of a cookie.',
  },
  'token-mismatch': {
    status: 403,
    title: 'The page did not repeat the value of its cookie',
    remedy: 'Send the value of the cookie in the field that the documentation of the API names.',
  },
  'ambiguous-cookie': {
    status: 400,
    title: 'A cookie came twice',
    remedy: 'Delete the cookies of this site. Another host of the same domain may have set one of them.',
  },
})

export const csrfContract: PolicyContract<CsrfConfig> = {
  id: 'csrf',
  summary: 'Refuses what another site’s page makes a browser send with its visitor’s cookies.',
  phase: 'csrf',
  stacking: 'nearest',
  config,
  faults: csrfFaults,
  body: { need: 'none' },
  mayFailOpen: false,
}
