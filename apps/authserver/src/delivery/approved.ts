import { encryptionKey } from '@portcullis/model/resource/token-delivery'
import { remove } from '@portcullis/ports/store/port'
import { CompactEncrypt, importJWK, type JWK } from 'jose'
import { type Client, ExternalSigningKey } from 'oidc-provider'
import { sign } from 'oidc-provider/lib/helpers/jwt.js'
import { TOKEN_DELIVERY } from '../provider/client.ts'
import type { ProviderParts } from '../provider/configuration.ts'
import type { Tenant } from '../tenant.ts'
import { heldTokens } from '../token-rules/held-token.ts'
import type { Made } from './made.ts'
import type { TokenAnswer } from './outside-request.ts'

/** What stands in `typ`, so that no other token of ours passes for one. */
const DELIVERY_TYPE = 'token-delivery+jwt'
/** Within this time of its making somebody takes it. */
const GOOD_FOR_SECONDS = 3_600

/** A token that people have allowed, as its webhook gets it. Nothing where the app has picked it up already. */
export async function makeApprovedAnswer(
  tenant: Tenant,
  app: Client,
  approval: string,
  store: ProviderParts['store'],
): Promise<Made | undefined> {
  const held = await store.get(heldTokens, tenant.organization, approval)
  if (held === undefined) return undefined
  const answer = await tenant.answerHeld(app, held)
  const spent =
    'access_token' in answer ? [remove(heldTokens, tenant.organization, approval, held.version)] : []
  return { type: 'application/jwt', body: await tenant.sealFor(app, { ...answer, approval }), spent }
}

/** Signs what is for one app, and encrypts it for the key that it is declared with: nobody on the way, nor behind its address, reads it. */
export function sealingFor({ issuer, signing, clock }: Pick<ProviderParts, 'issuer' | 'signing' | 'clock'>) {
  return async (app: Client, answer: TokenAnswer & { readonly approval: string }): Promise<string> => {
    const [signer] = signing.jwks
    const [alg = 'ES256'] = signing.algorithms
    if (signer === undefined) throw new TypeError('there is no key to sign with')
    const issuedAt = Math.floor(clock.now() / 1000)
    const claims = {
      ...answer,
      iss: issuer.href,
      aud: app.clientId,
      jti: answer.approval,
      iat: issuedAt,
      exp: issuedAt + GOOD_FOR_SECONDS,
    }
    const key = signer instanceof ExternalSigningKey ? signer : await importJWK(signer as JWK, alg)
    const jwt = await sign(claims, key, alg, { typ: DELIVERY_TYPE, fields: { kid: signer.kid } })
    return encryptFor(app, jwt)
  }
}

async function encryptFor(app: Client, text: string): Promise<string> {
  const declared = app[TOKEN_DELIVERY] as { readonly key?: unknown } | undefined
  const jwk = encryptionKey.parse(declared?.key)
  const alg = jwk.kty === 'RSA' ? 'RSA-OAEP-256' : 'ECDH-ES+A256KW'
  return new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader({ alg, enc: 'A256GCM', cty: 'JWT', ...(jwk.kid !== undefined && { kid: jwk.kid }) })
    .encrypt(await importJWK(jwk as JWK, alg))
}
