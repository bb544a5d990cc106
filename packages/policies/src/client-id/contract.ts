import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'

const MAX_APPS = 4096

const apps = () => z.array(z.string().min(1).max(512)).max(MAX_APPS).default([])

const config = z
  .strictObject({
    allow: apps().describe('Apps (`client_id`) that may call. When empty, all may that are not denied.'),
    deny: apps().describe('Apps that may not call, also where `allow` names them.'),
  })
  .refine(({ allow, deny }) => allow.length + deny.length > 0, {
    path: ['allow'],
    message: 'one of `allow` and `deny` names an app, or nothing would be checked',
  })
export type ClientIdConfig = z.infer<typeof config>

const REMEDY = 'Call with an app that may use this. Operators: `portcullis explain` names the list.'

export const clientIdFaults = defineFaults('client-id', {
  denied: { status: 403, title: 'This app may not call', remedy: REMEDY },
  unknown: {
    status: 403,
    title: 'It is not known which app calls',
    remedy: 'Call with the credentials of an app: the contract of the API says of which kind.',
  },
})

export const clientIdContract: PolicyContract<ClientIdConfig> = {
  id: 'client-id',
  summary: 'Lets only those apps call that are meant to.',
  phase: 'authorize',
  stacking: 'every',
  config,
  faults: clientIdFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  mentions: () => ({ attributes: ['context.app'] }),
}
