import type { BackendAuthConfig, BackendAuthFacts, MethodName } from './contract.ts'
import type { CredentialSource, MethodPorts, OpenMethod } from './credential-source.ts'
import { openApiKey } from './method/api-key/source.ts'
import { openAwsSignature } from './method/aws-signature/source.ts'
import { openBasic } from './method/basic/source.ts'
import { openClientCredentials } from './method/client-credentials/source.ts'
import { openHmac } from './method/hmac/source.ts'
import { openHttpSignature } from './method/http-signature/source.ts'
import { openJwtBearer } from './method/jwt-bearer/source.ts'
import { openMutualTls } from './method/mutual-tls/source.ts'
import { openTokenExchange } from './method/token-exchange/source.ts'

type ConfigOf<Name extends MethodName> = NonNullable<BackendAuthConfig[Name]>

/** Every method, by its setting. */
const methods: { readonly [Name in MethodName]: OpenMethod<ConfigOf<Name>> } = {
  clientCredentials: openClientCredentials,
  tokenExchange: openTokenExchange,
  jwtBearer: openJwtBearer,
  basic: openBasic,
  apiKey: openApiKey,
  mutualTls: openMutualTls,
  awsSignature: openAwsSignature,
  hmac: openHmac,
  httpSignature: openHttpSignature,
}

/** Opens the method that a config names; `undefined` where it names none. */
export function openSource(
  config: BackendAuthConfig,
  ports: MethodPorts,
  facts: BackendAuthFacts,
): CredentialSource | undefined {
  for (const name of Object.keys(methods) as MethodName[]) {
    const source = openIfNamed(name, config, ports, facts)
    if (source !== undefined) return source
  }
  return undefined
}

function openIfNamed<Name extends MethodName>(
  name: Name,
  config: BackendAuthConfig,
  ports: MethodPorts,
  facts: BackendAuthFacts,
): CredentialSource | undefined {
  const own = config[name]
  return own === undefined ? undefined : methods[name](own as ConfigOf<Name>, ports, facts)
}
