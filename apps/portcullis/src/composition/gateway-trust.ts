import { join } from 'node:path'
import type { ControlPlane } from '@portcullis/control-plane/control-plane'
import type { DecisionSink } from '@portcullis/gateway/record/recorder'
import { defineFaults } from '@portcullis/kernel/fault'
import type { Secret } from '@portcullis/kernel/secret'
import { SYSTEM } from '@portcullis/model/collection'
import { unpackBatch } from '@portcullis/model/decision/decision-batch'
import type { Events } from '@portcullis/ports/events/port'
import { keptToken } from '../local/fetch-token.ts'
import { readRevisionKey } from '../local/read-revision-key.ts'
import { readSecretFile, secretFile } from '../local/secret-file.ts'
import { environmentName } from '../setting/setting.ts'
import { issuerOf, managementAudience } from './address.ts'
import { remoteDecisions } from './remote-decisions.ts'
import type { Site } from './site.ts'

export const gatewayTrustFaults = defineFaults('gateway-trust', {
  missing: {
    status: 400,
    title: 'A gateway in a process of its own was not told whom to trust',
    remedy:
      'Give it its secret and the control plane’s public key, as docs/how-to/run-a-gateway-apart.md shows.',
  },
})

/** How a gateway proves itself to its control plane, how it recognises it, and where its decision records go. */
export interface GatewayTrust {
  readonly clientSecret: Secret
  readonly revisionKey: ReturnType<ControlPlane['revisionKey']>
  readonly decisions: DecisionSink
}

/** Beside its control plane a gateway is told by it; apart, by the settings. */
export function gatewayTrust(site: Site, controlPlane: ControlPlane | undefined): GatewayTrust {
  const { settings, state } = site
  if (controlPlane !== undefined && state !== undefined) {
    const file = secretFile.app(settings.home, SYSTEM, 'gateway')
    const clientSecret = readSecretFile(file)
    if (clientSecret === undefined) throw gatewayTrustFaults.missing({ internal: `${file} is gone` })
    return { clientSecret, revisionKey: controlPlane.revisionKey(), decisions: kept(state.events) }
  }
  const { gatewayClientSecret: clientSecret, revisionKeyFile } = settings
  if (clientSecret === undefined || revisionKeyFile === undefined) {
    const missing = clientSecret === undefined ? 'gatewayClientSecret' : 'revisionKeyFile'
    throw gatewayTrustFaults.missing({ detail: `${environmentName(missing)} is not set.` })
  }
  return { clientSecret, revisionKey: readRevisionKey(revisionKeyFile), decisions: apart(site, clientSecret) }
}

function kept(events: Events): DecisionSink {
  return { take: (batches) => events.append(batches.flatMap(unpackBatch)) }
}

function apart({ addresses, engines }: Site, secret: Secret): DecisionSink {
  const token = keptToken({
    tokenUrl: `${issuerOf(addresses, SYSTEM)}/token`,
    client: 'gateway',
    secret,
    resource: managementAudience(addresses),
    scope: 'gateway.sync',
    fetch: engines.fetch,
  })
  return remoteDecisions(addresses.controlPlane, token, engines.fetch)
}

/** Where a control plane leaves its public key for gateways in other processes. */
export const revisionKeyPath = (home: string): string => join(home, 'revision-key.json')
