import type { Settings } from '../setting/settings.ts'

/** Where the parts of this installation are reached. */
export interface Addresses {
  readonly gateway: string
  readonly controlPlane: string
  readonly authserver: string
}

export function addressesOf(settings: Settings): Addresses {
  const schemeOf = (certificates: string | undefined) => (certificates === undefined ? 'http' : 'https')
  const at = (port: number, scheme = 'http'): string => `${scheme}://localhost:${port}`
  return {
    gateway: at(settings.gatewayPort, schemeOf(settings.gatewayCertificates)),
    controlPlane: settings.controlPlaneUrl ?? at(settings.controlPlanePort),
    authserver:
      settings.authserverUrl ?? at(settings.authserverPort, schemeOf(settings.authserverCertificates)),
  }
}

/** The audience of tokens for the management API. */
export const managementAudience = (addresses: Addresses): string => `${addresses.controlPlane}/v1`

/** The issuer of an organization's tokens. */
export const issuerOf = (addresses: Addresses, organization: string): string =>
  `${addresses.authserver}/${organization}`
