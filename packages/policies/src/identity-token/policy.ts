import { Duration } from '@portcullis/kernel/duration'
import { IDENTITY_KEYS_PATH } from '@portcullis/model/credential/identity-key'
import type { BackendCredential } from '@portcullis/policy-kit/backend-credential'
import type { Policy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import { tellPresented } from '../backend-auth/presented.ts'
import { rememberWith } from '../memory/remember-with.ts'
import { bareKeyOf } from '../token/jwk-thumbprint.ts'
import { signingKey } from '../token/jwt-signer.ts'
import {
  type IdentityTokenConfig,
  type IdentityTokenFacts,
  identityTokenContract,
  identityTokenFaults,
} from './contract.ts'
import { identityOf } from './rules.ts'

/** More than that servers do not take in a field. */
const MAX_TOKEN_CHARACTERS = 6_000
const TYPE = 'portcullis-identity+jwt'

interface Kept {
  readonly verdict: Verdict
  /** Up to when another call of the caller gets the same token. */
  readonly until: number
}

/** Tells the backend who calls in a JWT; one serves the calls of a caller for half of its life. */
export const identityToken: Policy<IdentityTokenConfig, IdentityTokenFacts, 'vault'> = {
  contract: identityTokenContract,
  needs: ['vault'],
  bind(config, { vault }, { facts }) {
    const { field } = config
    const published = [config.key, ...config.otherKeys].map((each) => publicKeyOf(vault.secret(each)))
    const signer = signingKey(vault.secret(config.key), published[0]?.kid, TYPE)
    const lifeMillis = Duration.parse(config.lifetime).milliseconds
    const audience = config.audience ?? facts.backend
    const issuer = config.issuer ?? facts.issuer
    const terms = { issuer, audience, lifeMillis, claims: config.claims }
    const removeHeaders = [field.toLowerCase()]
    const kept = rememberWith<Kept>()

    function vouchFor(principal: Principal, now: number): Verdict {
      const { claims, expiresAt } = identityOf(principal, terms, now)
      const token = signer.sign(claims)
      if (token.length > MAX_TOKEN_CHARACTERS) {
        const internal = `the identity token has ${token.length} characters`
        return refuse(identityTokenFaults['too-large']({ internal }))
      }
      const credential: BackendCredential = {
        told: {
          ...{ method: identityTokenContract.id, audience, issuer, speaksOf: 'caller' },
          expiresAt: new Date(expiresAt).toISOString(),
          presented: tellPresented(principal),
        },
        write: ({ headers }) => headers.set(field, token),
      }
      const verdict = proceed(undefined, { removeHeaders, credential })
      kept.keep(principal, { verdict, until: Math.min(now + lifeMillis / 2, expiresAt) })
      return verdict
    }

    return {
      publishes: { path: IDENTITY_KEYS_PATH, keys: published },
      onRequest({ principal, receivedAt }) {
        if (principal === undefined) return proceed(undefined, { removeHeaders })
        const known = kept.of(principal)
        if (known !== undefined && receivedAt < known.until) return known.verdict
        return vouchFor(principal, receivedAt)
      },
    }
  },
}

/** @throws RangeError for a key that is not on P-256. */
function publicKeyOf(secret: Parameters<typeof signingKey>[0]) {
  const { algorithm, publicKey } = signingKey(secret)
  const bare = bareKeyOf(publicKey.export({ format: 'jwk' }))
  if (algorithm !== 'ES256' || bare === undefined) {
    throw new RangeError('the key of identity tokens is on P-256')
  }
  return { ...bare.jwk, kid: bare.thumbprint, alg: algorithm, use: 'sig' }
}
