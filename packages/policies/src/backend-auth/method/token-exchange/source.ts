import type { Secret } from '@portcullis/kernel/secret'
import type { Principal } from '@portcullis/policy-kit/principal'
import type { FetchedToken } from '@portcullis/ports/tokens/port'
import { clientProver } from '../../../client/authentication.ts'
import { rememberWith } from '../../../memory/remember-with.ts'
import { bearerCredentials, type ToldToken, tokenKey } from '../../bearer-credential.ts'
import { backendAuthFaults } from '../../contract.ts'
import type { OpenMethod } from '../../credential-source.ts'
import { presentedBy, tellPresented } from '../../presented.ts'
import { type Form, tokenAsker, tokenEndpointOf } from '../../token-endpoint.ts'
import type { TokenExchangeConfig } from './config.ts'

/** The caller's token, exchanged by the gateway for one that is for the backend. */
export const openTokenExchange: OpenMethod<TokenExchangeConfig> = (config, ports, facts) => {
  const endpoint = tokenEndpointOf(config, facts)
  const secret = ports.vault.secret(config.client.secret)
  const ask = tokenAsker(config, ports, facts, clientProver(config.client, secret, endpoint))
  const method = config.form
  const base = tokenKey([method, facts.organization, endpoint, config], secret)
  const bearer = bearerCredentials(ports.tokens)
  // Calls with one token have one principal.
  const kept = rememberWith<{ readonly key: string; readonly told: ToldToken }>()

  function keptFor(principal: Principal, token: Secret) {
    const known = kept.of(principal)
    if (known !== undefined) return known
    const key = config.share === 'token' ? tokenKey([base], token) : tokenKey([base, ...whoCalls(principal)])
    const told: ToldToken = {
      method,
      audience: config.audience,
      issuer: endpoint,
      client: config.client.id,
      speaksOf: 'caller',
      presented: tellPresented(principal),
    }
    const made = { key, told }
    kept.keep(principal, made)
    return made
  }

  async function fetch(token: Secret, { expiresAt }: Principal): Promise<FetchedToken> {
    const fetched = await ask(formOf(config.form, token.reveal()), (internal) =>
      backendAuthFaults['not-exchanged']({ internal }),
    )
    // What follows from a token ends with it.
    return { ...fetched, expiresAt: Math.min(fetched.expiresAt, expiresAt) }
  }

  return {
    credentialFor(x) {
      const { token, principal } = presentedBy(x, facts)
      const { key, told } = keptFor(principal, token)
      return bearer.of(key, () => fetch(token, principal), told)
    },
  }
}

/** All that may be different in two tokens of one caller and matter to the backend. */
function whoCalls({ issuer, client, subject, scopes, authentication, confirmation }: Principal): unknown[] {
  return [
    issuer,
    client,
    subject,
    [...scopes].toSorted(),
    authentication?.context ?? null,
    confirmation ?? null,
  ]
}

/** RFC 8693 §2.1; and the older form, an assertion (RFC 7523 §2.1) that is used on behalf of its subject. */
function formOf(form: TokenExchangeConfig['form'], token: string): Form {
  if (form === 'token-exchange') {
    return {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    }
  }
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: token,
    requested_token_use: 'on_behalf_of',
  }
}
