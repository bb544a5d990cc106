import type { Policy } from '@portcullis/policy-kit/policy'
import type { PasswordFacts } from '../password/facts.ts'
import { openPasswordGate } from '../password/password-gate.ts'
import { type LdapConfig, ldapContract, ldapFaults } from './contract.ts'
import { directoryOf } from './rules.ts'

/** Establishes the user from a name and a password by asking a directory. A call without them goes on. */
export const ldap: Policy<LdapConfig, PasswordFacts, 'identities' | 'counters' | 'revocations' | 'vault'> = {
  contract: ldapContract,
  needs: ['identities', 'counters', 'revocations', 'vault'],
  bind(config, ports, { facts }) {
    const directory = config.urls[0] as string
    const source = directoryOf(config, ports.vault)
    return {
      onRequest: openPasswordGate(
        { config, facts, source, issuer: directory, faults: ldapFaults, saw: { directory } },
        ports,
      ),
    }
  },
}
