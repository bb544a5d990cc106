import { createPrivateKey } from 'node:crypto'
import { isLoopback } from '@portcullis/model/loopback'
import type { OidcProviderSpec } from '@portcullis/model/resource/identity-provider/oidc'
import * as client from 'openid-client'
import type { UpstreamPorts } from '../catalog.ts'
import { webFetch } from './web-fetch.ts'

/** Metadata and keys are asked for again after this long. */
const KNOWN_MILLIS = 3_600_000
const TIMEOUT_SECONDS = 5
/** Clocks may be apart by this. */
export const CLOCK_TOLERANCE_SECONDS = 10

/** We, as a client of the provider, with what its metadata say now. */
export type RelyingParty = () => Promise<client.Configuration>

/** Discovers the provider when it is first needed, once for all who wait; a failure is not kept. */
export function relyingPartyOf(spec: OidcProviderSpec, ports: UpstreamPorts): RelyingParty {
  let known: { readonly until: number; readonly configuration: Promise<client.Configuration> } | undefined
  return () => {
    const now = ports.clock.now()
    if (known === undefined || now >= known.until) {
      const configuration = discover(spec, ports)
      known = { until: now + KNOWN_MILLIS, configuration }
      configuration.catch(() => {
        if (known?.configuration === configuration) known = undefined
      })
    }
    return known.configuration
  }
}

async function discover(spec: OidcProviderSpec, ports: UpstreamPorts): Promise<client.Configuration> {
  const issuer = new URL(spec.issuer)
  const execute = [
    client.enableNonRepudiationChecks,
    // Only what is on this machine may be asked without TLS.
    ...(isLoopback(issuer) ? [client.allowInsecureRequests] : []),
  ]
  const options = { [client.customFetch]: webFetch(ports.web), timeout: TIMEOUT_SECONDS, execute }
  const found = await client.discovery(issuer, spec.clientId, undefined, client.None(), options)
  const metadata = found.serverMetadata()
  const own = { [client.clockTolerance]: CLOCK_TOLERANCE_SECONDS }
  const configuration = new client.Configuration(
    metadata,
    spec.clientId,
    own,
    authenticationOf(spec, metadata, ports),
  )
  configuration[client.customFetch] = webFetch(ports.web)
  configuration.timeout = TIMEOUT_SECONDS
  for (const each of execute) each(configuration)
  return configuration
}

/** By what the provider takes; a secret goes into the Authorization field unless it takes it in the form alone. */
function authenticationOf(
  { authentication }: OidcProviderSpec,
  { token_endpoint_auth_methods_supported: methods }: client.ServerMetadata,
  { vault }: UpstreamPorts,
): client.ClientAuth {
  if (authentication.by === 'private_key_jwt') {
    const key = createPrivateKey(vault.secret(authentication.key).reveal())
    return privateKeyJwt(key, authentication.kid)
  }
  const secret = vault.secret(authentication.secret).reveal()
  const inForm = methods?.includes('client_secret_post') === true && !methods.includes('client_secret_basic')
  return inForm ? client.ClientSecretPost(secret) : client.ClientSecretBasic(secret)
}

/** With the algorithm that the kind of key has: RS256 for RSA, else by its curve. */
function privateKeyJwt(key: ReturnType<typeof createPrivateKey>, kid: string | undefined): client.ClientAuth {
  const algorithm = webCryptoAlgorithms[String(key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType)]
  if (algorithm === undefined)
    throw new TypeError(`no signature is known with a key of ${key.asymmetricKeyType}`)
  const own = key.toCryptoKey(algorithm, false, ['sign'])
  return client.PrivateKeyJwt(kid === undefined ? own : { key: own, kid })
}

const webCryptoAlgorithms: Readonly<
  Record<string, Parameters<ReturnType<typeof createPrivateKey>['toCryptoKey']>[0]>
> = {
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  prime256v1: { name: 'ECDSA', namedCurve: 'P-256' },
  secp384r1: { name: 'ECDSA', namedCurve: 'P-384' },
  ed25519: { name: 'Ed25519' },
}
