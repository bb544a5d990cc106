import type { Policy } from '@portcullis/policy-kit/policy'
import type { PasswordFacts } from '../password/facts.ts'
import { openPasswordGate } from '../password/password-gate.ts'
import { type BasicConfig, basicContract, basicFaults } from './contract.ts'
import { usersOf } from './rules.ts'

/** Establishes a user of the organization from a name and a password. A call without them goes on. */
export const basic: Policy<BasicConfig, PasswordFacts, 'identities' | 'counters' | 'revocations'> = {
  contract: basicContract,
  needs: ['identities', 'counters', 'revocations'],
  bind(config, ports, { facts }) {
    const source = usersOf(facts)
    const saw = { users: facts.organization }
    const { issuer } = facts
    return { onRequest: openPasswordGate({ config, facts, source, issuer, faults: basicFaults, saw }, ports) }
  },
}
