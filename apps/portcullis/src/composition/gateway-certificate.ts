import type { CertificateFolder, ClientCertificates } from '@portcullis/certificate/read-certificates'
import { needsSetting } from '../setting/read-settings.ts'
import type { Settings } from '../setting/settings.ts'

/** With what the gateway speaks TLS; `undefined` when it does not. Throws for settings that need one another. */
export function certificateFolder(settings: Settings): CertificateFolder | undefined {
  const { gatewayCertificates: path, gatewayTlsMinimum, gatewayTlsGroups: groups } = settings
  const client = clientCertificates(settings)
  if (path !== undefined) return { path, minVersion: `TLSv${gatewayTlsMinimum}`, groups, client }
  if (client === undefined) return undefined
  throw needsSetting('gatewayClientCertificates', 'gatewayCertificates')
}

function clientCertificates(settings: Settings): ClientCertificates | undefined {
  const {
    gatewayClientCertificates: mode,
    gatewayClientAuthorities: authorities,
    gatewayClientRevocations: revocations,
  } = settings
  if (mode !== 'none') {
    if (authorities === undefined) throw needsSetting('gatewayClientCertificates', 'gatewayClientAuthorities')
    return { mode, authorities, revocations }
  }
  // Who names them means them to be asked for.
  if (authorities !== undefined) throw needsSetting('gatewayClientAuthorities', 'gatewayClientCertificates')
  if (revocations !== undefined) throw needsSetting('gatewayClientRevocations', 'gatewayClientCertificates')
  return undefined
}

/** The port for those who come without TLS, and what they are answered. */
export function plainDoor(settings: Settings): { port: number; answer: 'redirect' | 'refuse' } | undefined {
  const { gatewayPlainPort: port, gatewayPlainAnswer: answer, gatewayCertificates } = settings
  if (port === undefined) return undefined
  if (gatewayCertificates === undefined) throw needsSetting('gatewayPlainPort', 'gatewayCertificates')
  return { port, answer }
}
