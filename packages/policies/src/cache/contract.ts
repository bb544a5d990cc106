import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { wholeSeconds } from '../setting/duration-range.ts'
import { isFieldName } from '../setting/field-name.ts'

const fieldNames = () =>
  z.array(z.string().max(128).refine(isFieldName, 'the name of a header field')).max(64).default([])

const config = z.strictObject({
  perIdentity: z
    .boolean()
    .default(false)
    .describe('Also keep what is for one caller alone, for that caller alone.'),
  freshFor: wholeSeconds('1s', '1d')
    .optional()
    .describe('How long a reply is fresh of which the backend does not say it; none is kept when absent.'),
  key: fieldNames().describe(
    'Request fields by which replies differ, besides those that the backend names in Vary.',
  ),
  ignore: fieldNames().describe(
    'Request fields that change nothing in a reply; others that are not known bypass the cache.',
  ),
  obeyCallers: z
    .boolean()
    .default(true)
    .describe('Heed what callers say in Cache-Control, such as no-cache.'),
  collapse: z
    .boolean()
    .default(true)
    .describe('Let calls for what is being fetched wait for it instead of asking the backend too.'),
  maxReplyBytes: z
    .int()
    .min(1)
    .max(16_777_216)
    .default(1_048_576)
    .describe('The most that the body of a kept reply has.'),
  maxBytes: z
    .int()
    .min(65_536)
    .max(4_294_967_296)
    .default(33_554_432)
    .describe(
      'The most that all kept replies take in each thread of the gateway; those not used longest go first.',
    ),
})
export type CacheConfig = z.infer<typeof config>

export const cacheFaults = defineFaults('cache', {
  'not-kept': {
    status: 504,
    title: 'There is no kept reply, and the caller wants no other',
    remedy: 'Call again without only-if-cached in Cache-Control.',
  },
})

export const cacheContract: PolicyContract<CacheConfig> = {
  id: 'cache',
  summary: 'Keeps replies of the backend and answers with them while they are fresh.',
  phase: 'answer',
  stacking: 'nearest',
  config,
  faults: cacheFaults,
  body: { need: 'none' },
  mayFailOpen: false,
}
