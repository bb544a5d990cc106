import { type ApiClient, openApiClient } from '@portcullis/api-client/client'
import type { Secret } from '@portcullis/kernel/secret'
import { SYSTEM } from '@portcullis/model/collection'
import { commandFaults } from '../command/command.ts'
import { addressesOf, issuerOf, managementAudience } from '../composition/address.ts'
import type { Settings } from '../setting/settings.ts'
import { keptToken } from './fetch-token.ts'
import { readSecretFile, secretFile } from './secret-file.ts'

/**
 * The management API as the command line calls it: with a token from our own authorization server, fetched with the
 * credential in the settings or the one that the server left on this machine.
 */
export function managementClient(settings: Settings): ApiClient {
  const addresses = addressesOf(settings)
  const token = keptToken({
    tokenUrl: `${issuerOf(addresses, SYSTEM)}/token`,
    client: settings.clientId,
    secret: clientSecret(settings),
    resource: managementAudience(addresses),
    scope: 'resources.read resources.write decisions.read tokens.revoke approvals.decide',
  })
  return openApiClient({ url: addresses.controlPlane, token })
}

function clientSecret(settings: Settings): Secret {
  const secret =
    settings.clientSecret ?? readSecretFile(secretFile.app(settings.home, SYSTEM, settings.clientId))
  if (secret === undefined) {
    throw commandFaults.unauthorized({
      detail: `There is no secret for "${settings.clientId}" in ${settings.home} nor in the settings.`,
    })
  }
  return secret
}
