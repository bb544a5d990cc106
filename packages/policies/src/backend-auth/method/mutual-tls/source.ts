import { always, type OpenMethod } from '../../credential-source.ts'
import type { MutualTlsConfig } from './config.ts'

/**
 * The client certificate of the upstream, which the handshake shows: nothing has to be written.
 *
 * @throws RangeError where the upstream has none: the backend would be called without any proof.
 */
export const openMutualTls: OpenMethod<MutualTlsConfig> = (_config, _ports, facts) => {
  if (!facts.hasClientCertificate) {
    throw new RangeError('backend-auth: mutualTls needs a clientCertificate in the tls of the upstream')
  }
  return always({
    told: { method: 'mutual-tls', audience: facts.backend, speaksOf: 'gateway' },
    write: () => undefined,
  })
}
