import { createLocalJWKSet, type JWK, type JWTPayload, errors as joseErrors, jwtVerify } from 'jose'
import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider'
import {
  ASSERTION_SECONDS,
  CLIENT_ALGORITHMS,
  isForUs,
  isShort,
  isTyped,
} from '../../provider/client-assertion.ts'

/** The public keys of an app, fetched anew when they are old. Not in the types of oidc-provider. */
interface KeyedClient {
  readonly asymmetricKeyStore: Iterable<JWK> & { refresh(): Promise<void> }
}

/** The subject of an assertion that the app signed with its own key, for us, once (RFC 7523 §3). */
export async function subjectOfAssertion(
  ctx: KoaContextWithOIDC,
  client: Client,
  assertion: string,
): Promise<string> {
  const set = await keysOf(client as Client & KeyedClient)
  const options = {
    algorithms: [...CLIENT_ALGORITHMS],
    issuer: client.clientId,
    requiredClaims: ['sub', 'aud', 'exp', 'jti'],
  }
  const { payload: claims, protectedHeader } = await jwtVerify(assertion, set, options).catch(
    refuseBadAssertion,
  )
  if (!isTyped(protectedHeader.typ, 'authorization-grant+jwt')) {
    throw new errors.InvalidGrant('the assertion is a JWT of another kind')
  }
  if (!isForUs(ctx, claims.aud)) {
    throw new errors.InvalidGrant(
      'the assertion must name the issuer or the token endpoint as its only audience',
    )
  }
  if (!isShort(claims.exp)) {
    throw new errors.InvalidGrant(`the assertion must expire within ${ASSERTION_SECONDS} seconds`)
  }
  await demandFirstUse(ctx, claims)
  return String(claims.sub)
}

interface ReadKeys {
  readonly keys: readonly JWK[]
  readonly set: ReturnType<typeof createLocalJWKSet>
}

/** By the client, as long as it has the same keys: to read a key takes as long as to verify with it. */
const read = new WeakMap<Client, ReadKeys>()

async function keysOf(client: Client & KeyedClient): Promise<ReadKeys['set']> {
  await client.asymmetricKeyStore.refresh()
  const keys = [...client.asymmetricKeyStore]
  const known = read.get(client)
  if (known?.keys.length === keys.length && known.keys.every((key, i) => key === keys[i])) return known.set
  const set = createLocalJWKSet({ keys: keys.map(plain) })
  read.set(client, { keys, set })
  return set
}

async function demandFirstUse({ oidc }: KoaContextWithOIDC, { iss, jti, exp }: JWTPayload): Promise<void> {
  const unique = await oidc.provider.ReplayDetection.unique(String(iss), String(jti), exp ?? 0)
  if (!unique) throw new errors.InvalidGrant('the assertion was used already')
}

function refuseBadAssertion(thrown: unknown): never {
  if (thrown instanceof joseErrors.JOSEError || thrown instanceof TypeError) {
    throw new errors.InvalidGrant(`the assertion is not good: ${thrown.message}`)
  }
  throw thrown
}

function plain(key: JWK): JWK {
  return { ...key }
}
