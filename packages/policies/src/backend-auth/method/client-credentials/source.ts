import { clientProver } from '../../../client/authentication.ts'
import { bearerCredentials, tokenKey } from '../../bearer-credential.ts'
import { backendAuthFaults } from '../../contract.ts'
import type { OpenMethod } from '../../credential-source.ts'
import { tokenAsker, tokenEndpointOf } from '../../token-endpoint.ts'
import type { ClientCredentialsConfig } from './config.ts'

/** A token of the gateway's own (RFC 6749 §4.4). */
export const openClientCredentials: OpenMethod<ClientCredentialsConfig> = (config, ports, facts) => {
  const endpoint = tokenEndpointOf(config, facts)
  const secret = ports.vault.secret(config.client.secret)
  const ask = tokenAsker(config, ports, facts, clientProver(config.client, secret, endpoint))
  const method = 'client-credentials'
  const key = tokenKey([method, facts.organization, endpoint, config], secret)
  const fetch = () =>
    ask({ grant_type: 'client_credentials' }, (internal) => backendAuthFaults['not-given']({ internal }))
  const { audience, client } = config
  const told = { method, audience, issuer: endpoint, client: client.id, speaksOf: 'gateway' } as const
  const bearer = bearerCredentials(ports.tokens)
  return { credentialFor: () => bearer.of(key, fetch, told) }
}
