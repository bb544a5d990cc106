import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Policy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { proceed, type Refuse, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import { assertionsFaults } from '@portcullis/ports/assertions/port'
import { openAssertionReader } from '../assertion/reader.ts'
import { quoted } from '../token/bearer-challenge.ts'
import { openForgeries, RETRY_LATER } from '../token/forgeries.ts'
import {
  type SamlAssertionConfig,
  type SamlAssertionFacts,
  samlAssertionContract,
  samlAssertionFaults,
} from './contract.ts'
import { readPresented } from './rules.ts'

/** Establishes the user from a SAML 2.0 assertion in a header. A call without one goes on. */
export const samlAssertion: Policy<
  SamlAssertionConfig,
  SamlAssertionFacts,
  'assertions' | 'counters' | 'vault'
> = {
  contract: samlAssertionContract,
  needs: ['assertions', 'counters', 'vault'],
  bind(config, ports, { facts }) {
    const reader = openAssertionReader(config, ports, facts)
    const forgeries = openForgeries(ports.counters, config.attemptsPerMinute, samlAssertionFaults['too-many'])
    const field = config.header?.toLowerCase()
    const removeHeaders = [field ?? 'authorization']
    const challenges = [`SAML realm=${quoted(facts.audience)}`]

    function accept(identity: Principal): Verdict {
      return proceed({ issuer: identity.issuer }, { identity, removeHeaders })
    }

    async function decide(xml: string, x: Exchange): Promise<Verdict> {
      const { remoteAddress } = x.request
      try {
        await forgeries.admit(remoteAddress)
        return accept(await reader.read(xml, x))
      } catch (thrown) {
        if (assertionsFaults.refused.is(thrown)) await forgeries.count(remoteAddress)
        return reject(thrown)
      }
    }

    /** What the caller did is an answer; that nobody can say is a failure of this step. */
    function reject(thrown: unknown): Refuse {
      if (samlAssertionFaults['too-many'].is(thrown)) return refuse(thrown, { headers: RETRY_LATER })
      if (samlAssertionFaults['bad-request'].is(thrown)) return refuse(thrown, { challenges })
      if (!assertionsFaults.refused.is(thrown)) throw thrown
      const { message: internal } = thrown
      return refuse(samlAssertionFaults.refused({ internal, cause: thrown }), { challenges })
    }

    return {
      onRequest(x) {
        let xml: string | undefined
        try {
          xml = readPresented(x.request.headers, field)
        } catch (thrown) {
          return reject(thrown)
        }
        if (xml === undefined) return proceed()
        const known = reader.known(xml, x)
        return known === undefined ? decide(xml, x) : accept(known)
      },
    }
  },
}
