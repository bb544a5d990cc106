import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { impasseOf } from './impasse.ts'

const names = () => z.array(z.string().min(1).max(256)).max(256).default([])

const config = z
  .strictObject({
    anyOf: names().describe('The caller must have one of these roles.'),
    allOf: names().describe('The caller must have all of these roles.'),
    noneOf: names().describe('The caller must have none of these roles.'),
    groups: z
      .boolean()
      .default(false)
      .describe('Whether the groups that the issuer tells of count as roles, too.'),
  })
  .refine(({ anyOf, allOf, noneOf }) => anyOf.length + allOf.length + noneOf.length > 0, {
    path: ['anyOf'],
    message: 'some role is named, or nothing would be checked',
  })
  .refine(({ allOf, noneOf }) => !allOf.some((role) => noneOf.includes(role)), {
    path: ['noneOf'],
    message: 'no role is demanded and forbidden at once, or nobody could call',
  })
export type RoleConfig = z.infer<typeof config>

export const roleFaults = defineFaults('role', {
  missing: {
    status: 403,
    title: 'The caller lacks a role that this needs',
    remedy: 'Ask whoever assigns roles, then sign in again. Operators: `portcullis explain` names the roles.',
  },
  forbidden: {
    status: 403,
    title: 'The caller has a role that may not do this',
    remedy: 'Call as somebody without that role. Operators: `portcullis explain` names it.',
  },
  unknown: {
    status: 403,
    title: 'It is not known who calls',
    remedy: 'Call with credentials: the contract of the API says of which kind.',
  },
})

export const roleContract: PolicyContract<RoleConfig> = {
  id: 'role',
  summary: 'Lets only callers do this who have the roles for it.',
  phase: 'authorize',
  stacking: 'every',
  config,
  faults: roleFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  mentions: ({ anyOf, allOf, noneOf, groups }) => {
    const roles = [...new Set([...anyOf, ...allOf, ...noneOf])]
    return { attributes: ['context.roles'], roles, ...(groups && { groups: roles }) }
  },
  impasse: ({ configs }) => impasseOf(configs),
}
