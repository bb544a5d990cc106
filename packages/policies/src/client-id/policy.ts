import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse } from '@portcullis/policy-kit/verdict'
import { oncePerPrincipal } from '../memory/once-per-principal.ts'
import { type ClientIdConfig, clientIdContract, clientIdFaults } from './contract.ts'
import { admit } from './rules.ts'

/** Judges the app that calls. Of a call without one nothing is known, so it is refused. */
export const clientId: Policy<ClientIdConfig> = {
  contract: clientIdContract,
  needs: [],
  bind(config) {
    const allow = new Set(config.allow)
    const deny = new Set(config.deny)
    const decide = oncePerPrincipal(({ client }) => {
      const { admitted, list } = admit(client, allow, deny)
      return admitted ? proceed({ list }) : refuse(clientIdFaults.denied(), { saw: { list } })
    })
    return {
      onRequest: ({ principal }) =>
        principal === undefined ? refuse(clientIdFaults.unknown()) : decide(principal),
    }
  },
}
