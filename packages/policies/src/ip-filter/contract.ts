import { defineFaults } from '@portcullis/kernel/fault'
import { type Issue, name, z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import type { Surroundings } from '@portcullis/policy-kit/step/surroundings'
import { readRange } from './range.ts'

const MAX_RANGES = 4096

const range = z
  .string()
  .max(64)
  .superRefine((text, context) => {
    const reading = readRange(text)
    if ('problem' in reading) context.addIssue({ code: 'custom', message: reading.problem })
  })

const lists = () => z.array(name()).max(16).default([])

const config = z.strictObject({
  allow: z
    .array(range)
    .max(MAX_RANGES)
    .default([])
    .describe(
      'Addresses and ranges that may call. When this and `allowLists` are empty, all may that are not denied.',
    ),
  deny: z
    .array(range)
    .max(MAX_RANGES)
    .default([])
    .describe('Addresses and ranges that may not call, also where `allow` contains them.'),
  allowLists: lists().describe('Names of address lists; their entries count as those of `allow`.'),
  denyLists: lists().describe('Names of address lists; their entries count as those of `deny`.'),
})
export type IpFilterConfig = z.infer<typeof config>

const REMEDY = 'Call from a network that is let in. Operators: `portcullis explain` names the rule.'

export const ipFilterFaults = defineFaults('ip-filter', {
  denied: { status: 403, title: 'Calls from this address are not let in', remedy: REMEDY },
  'not-allowed': { status: 403, title: 'Calls from this address are not let in', remedy: REMEDY },
  'unknown-list': {
    status: 503,
    title: 'It is not known yet which addresses are let in',
    remedy:
      'Try again in a moment. Operators: `portcullis address-lists` says why a list could not be fetched.',
  },
  unreadable: { status: 403, title: 'The address of the caller cannot be told', remedy: REMEDY },
})

export const ipFilterContract: PolicyContract<IpFilterConfig> = {
  id: 'ip-filter',
  summary: 'Lets only those network addresses in that may call.',
  phase: 'connection',
  stacking: 'every',
  config,
  faults: ipFilterFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  mentions: () => ({ attributes: ['context.address'] }),
  objections,
}

function objections({ allowLists, denyLists }: IpFilterConfig, { addressLists }: Surroundings): Issue[] {
  const named = [
    ...allowLists.map((list, i) => ({ list, path: `/allowLists/${i}` })),
    ...denyLists.map((list, i) => ({ list, path: `/denyLists/${i}` })),
  ]
  return named
    .filter(({ list }) => !addressLists.has(list))
    .map(({ list, path }) => ({
      path,
      message: `there is no address list "${list}"`,
      remedy: 'Declare it with `kind: AddressList`, or mend the spelling.',
    }))
}
