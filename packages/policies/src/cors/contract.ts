import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import { methods } from '@portcullis/model/contract'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { wholeSeconds } from '../setting/duration-range.ts'
import { isFieldName } from '../setting/field-name.ts'
import { ANY } from '../setting/page-origin.ts'
import { isOriginPattern, OPAQUE } from './origin-pattern.ts'

const fieldNames = () =>
  z.array(z.string().max(128).refine(isFieldName, 'the name of a header field')).max(64)

const origins = () =>
  z
    .array(
      z
        .string()
        .max(512)
        .refine(
          isOriginPattern,
          'an origin such as https://app.example, all hosts below a domain such as https://*.shop.example, null or *',
        ),
    )
    .min(1)
    .max(256)
    .refine((list) => list.length === 1 || !list.includes(ANY), '* already means any origin: write it alone')

const methodNames = () => z.array(z.enum(methods)).min(1).max(methods.length).optional()

const rule = z.strictObject({
  origins: origins(),
  methods: methodNames(),
  requestHeaders: fieldNames().optional(),
  exposedHeaders: fieldNames().optional(),
  credentials: z.boolean().optional(),
  maxAge: wholeSeconds('0s', '1d').optional(),
  privateNetwork: z.boolean().optional(),
})

const config = z
  .strictObject({
    origins: origins().describe(
      'Pages of which origins may call: scheme, host and port; all hosts below a domain; null; or * for any.',
    ),
    methods: methodNames().describe('Methods that pages may use. When absent, those of the contract.'),
    requestHeaders: fieldNames()
      .default(['Authorization', 'Content-Type'])
      .describe('Request fields that pages may set besides those that every page may.'),
    exposedHeaders: fieldNames()
      .default([])
      .describe(
        'Reply fields that pages may read besides those that every page may and those of Portcullis.',
      ),
    credentials: z
      .boolean()
      .default(false)
      .describe('Let browsers send cookies and client certificates along.'),
    maxAge: wholeSeconds('0s', '1d')
      .default('10m')
      .describe('How long a browser may keep the answer to a preflight.'),
    privateNetwork: z
      .boolean()
      .default(false)
      .describe('Let public pages call although this API is in a private network.'),
    rules: z
      .array(rule)
      .max(32)
      .default([])
      .describe('What is otherwise for the pages of some origins: the first rule that is for a page counts.'),
  })
  .superRefine(({ rules, ...common }, context) => {
    const all = [{ rule: common, path: ['credentials'] as (string | number)[] }]
    for (const [i, each] of rules.entries()) {
      all.push({ rule: { ...common, ...each } as typeof common, path: ['rules', i, 'credentials'] })
    }
    for (const { rule, path } of all) {
      if (!rule.credentials || !(rule.origins.includes(ANY) || rule.origins.includes(OPAQUE))) continue
      const message =
        'credentials need origins by name: with * or null pages of anybody could act for their visitors'
      context.addIssue({ code: 'custom', path, message })
    }
  })
export type CorsConfig = z.infer<typeof config>

const REMEDY = 'Operators: if the page is yours, add what it needs to the cors policy of this API.'

export const corsFaults = defineFaults('cors', {
  'origin-refused': { status: 403, title: 'Pages of this origin may not call', remedy: REMEDY },
  'method-refused': { status: 403, title: 'Pages may not use this method here', remedy: REMEDY },
  'header-refused': { status: 403, title: 'Pages may not send one of these fields', remedy: REMEDY },
  'private-network-refused': {
    status: 403,
    title: 'Public pages may not call into this private network',
    remedy: REMEDY,
  },
})

export const corsContract: PolicyContract<CorsConfig> = {
  id: 'cors',
  summary: 'Lets only pages of the origins that you name call from a browser.',
  phase: 'cors',
  stacking: 'nearest',
  config,
  faults: corsFaults,
  body: { need: 'none' },
  mayFailOpen: false,
}
