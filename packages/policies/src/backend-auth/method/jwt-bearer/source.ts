import { randomUUID } from 'node:crypto'
import { signingKey } from '../../../token/jwt-signer.ts'
import { bearerCredentials, tokenKey } from '../../bearer-credential.ts'
import { backendAuthFaults } from '../../contract.ts'
import type { OpenMethod } from '../../credential-source.ts'
import { tokenAsker, tokenEndpointOf } from '../../token-endpoint.ts'
import type { JwtBearerConfig } from './config.ts'

const ASSERTION_SECONDS = 60

/** A token for an assertion that the gateway signs (RFC 7523 §2.1): it needs no other proof of who asks. */
export const openJwtBearer: OpenMethod<JwtBearerConfig> = (config, ports, facts) => {
  const endpoint = tokenEndpointOf(config, facts)
  const secret = ports.vault.secret(config.key)
  const signer = signingKey(secret, config.keyId)
  const ask = tokenAsker(config, ports, facts, () => ({ headers: [], form: {} }))
  const method = 'jwt-bearer'
  const base = tokenKey([method, facts.organization, endpoint, config], secret)
  const bearer = bearerCredentials(ports.tokens)
  const { audience, issuer: client } = config
  const issuers = new Set(config.subjectsOf ?? [facts.issuer])
  const told = { method, audience, issuer: endpoint, client } as const
  const forGateway = { ...told, speaksOf: 'gateway' } as const
  const forCaller = { ...told, speaksOf: 'caller' } as const

  /** RFC 7523 §3. */
  function fetch(subject: string) {
    const now = Math.floor(ports.clock.now() / 1000)
    const assertion = signer.sign({
      iss: config.issuer,
      sub: subject,
      aud: config.assertionAudience ?? endpoint,
      jti: randomUUID(),
      iat: now,
      exp: now + ASSERTION_SECONDS,
    })
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }
    return ask(form, (internal) => backendAuthFaults['not-given']({ internal }))
  }

  return {
    credentialFor(x) {
      const { subject } = config
      if (subject !== undefined) return bearer.of(base, () => fetch(subject), forGateway)
      const caller = x.principal
      if (caller === undefined) throw backendAuthFaults['no-token']()
      // The assertion names a subject and not whose: somebody else's may have the name of one of ours.
      if (!issuers.has(caller.issuer)) throw backendAuthFaults['not-vouched']()
      const key = tokenKey([base, caller.issuer, caller.subject])
      return bearer.of(key, () => fetch(caller.subject), forCaller)
    },
  }
}
