import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { passwordSettings } from '../password/config.ts'
import { type PasswordFacts, passwordFacts } from '../password/facts.ts'
import { passwordFaultsFor } from '../password/fault.ts'
import { isBasic } from '../scheme/basic.ts'

const config = z.strictObject(passwordSettings)
export type BasicConfig = z.infer<typeof config>

export const basicFaults = defineFaults(
  'basic',
  passwordFaultsFor('Sign in with the name and password of a user of the organization.'),
)

export const basicContract: PolicyContract<BasicConfig, PasswordFacts> = {
  id: 'basic',
  summary: 'Lets nobody in with a name and password that are not those of a user of the organization.',
  phase: 'authenticate',
  stacking: 'nearest',
  config,
  faults: basicFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  onlyAttached: true,
  derive: passwordFacts,
  satisfies: isBasic,
  dangers: () => [
    {
      path: [],
      detail:
        'Programs keep the passwords of users and send them with every call; for new clients let users sign in at the authorization server.',
    },
  ],
}
