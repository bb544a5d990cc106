import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import type { ControlPlane } from '@portcullis/control-plane/control-plane'
import type { ControlPlaneAddress } from '@portcullis/gateway/control-plane/control-plane'
import { type Gateway, type GatewayThreads, startGateway } from '@portcullis/gateway/start-gateway'
import type { Sample } from '@portcullis/kernel/metric'
import { SYSTEM } from '@portcullis/model/collection'
import { type CatalogFor, catalogFor } from '@portcullis/policy-kit/late-catalog'
import { forwarderLimitsOf, listenerLimitsOf } from '../setting/gateway-limits.ts'
import { settingFaults } from '../setting/read-settings.ts'
import { environmentName } from '../setting/setting.ts'
import type { Settings } from '../setting/settings.ts'
import { issuerOf, managementAudience } from './address.ts'
import { riskEngineOf } from './engines.ts'
import { certificateFolder, plainDoor } from './gateway-certificate.ts'
import type { GatewayThreadData } from './gateway-thread.ts'
import { gatewayTrust } from './gateway-trust.ts'
import { lateAssertions } from './late-assertions.ts'
import { openIdentities } from './open-identities.ts'
import type { Site } from './site.ts'

/** Starts the gateway of this process; when it resolves, the first revisions are in force in every thread. */
export async function openGateway(site: Site, controlPlane: ControlPlane | undefined): Promise<Gateway> {
  const { settings, addresses, engines, log } = site
  const {
    counters,
    generations,
    clock,
    keys,
    revocations,
    apiKeys,
    identities,
    web,
    fetch,
    tokens,
    vault,
    countries,
    risk,
  } = engines
  const trust = gatewayTrust(site, controlPlane)
  const address: ControlPlaneAddress = {
    url: addresses.controlPlane,
    tokenUrl: `${issuerOf(addresses, SYSTEM)}/token`,
    audience: managementAudience(addresses),
    clientId: 'gateway',
    clientSecret: trust.clientSecret,
  }
  const gateway = await startGateway({
    listen: {
      host: settings.host,
      port: settings.gatewayPort,
      http2: settings.gatewayHttp2,
      proxyProtocol: checkedProxyProtocol(settings),
      trustedProxies: settings.trustedProxies && {
        ranges: settings.trustedProxies,
        fields: settings.trustedProxyFields,
      },
    },
    certificates: certificateFolder(settings),
    plain: plainDoor(settings),
    strictTransportSecurity: settings.gatewayStrictTransportSecurity,
    limits: {
      listener: listenerLimitsOf(settings),
      forwarder: forwarderLimitsOf(settings),
      hungAfterMillis: settings.gatewayHungAfter.milliseconds,
    },
    gatewayId: gatewayIdOf(settings),
    home: join(settings.home, 'gateway'),
    group: settings.gatewayGroup,
    controlPlane: address,
    fetch,
    revisionKey: trust.revisionKey,
    ports: {
      counters,
      generations,
      clock,
      keys,
      revocations,
      apiKeys,
      identities: openIdentities(identities, address, clock, fetch),
      assertions: lateAssertions(),
      web,
      tokens,
      vault,
      countries,
      risk,
    },
    ...(await whereCallsAreTaken(site, address)),
    decisions: trust.decisions,
    log,
  })
  await gateway.ready()
  return gateway
}

/**
 * By which the control plane knows who has heard of what: the machine, and which home folder on it, as no two processes
 * share one.
 */
function gatewayIdOf({ home }: Settings): string {
  const folder = createHash('sha256').update(resolve(home)).digest('hex').slice(0, 6)
  return `${hostname().slice(0, 56)}-${folder}`
}

/** Without anybody who is trusted every connection would be closed. */
function checkedProxyProtocol({ proxyProtocol, trustedProxies }: Settings): boolean {
  if (proxyProtocol && trustedProxies === undefined) {
    throw settingFaults.invalid({
      detail: 'proxyProtocol is true, and trustedProxies is not set.',
      remedy: `Set ${environmentName('trustedProxies')} to the addresses of the load balancers, or leave proxyProtocol out.`,
    })
  }
  return proxyProtocol
}

/** In threads of their own, or in this one, which then needs all that they would have. */
async function whereCallsAreTaken(
  { settings, engines }: Site,
  controlPlane: ControlPlaneAddress,
): Promise<
  { readonly catalog: CatalogFor; readonly measure: () => Sample[] } | { readonly threads: GatewayThreads }
> {
  const count = settings.gatewayThreads
  if (count === 1) {
    const { lateCatalog } = await import('@portcullis/policies/late-catalog')
    const { measurePolicies } = await import('./measure-policies.ts')
    return { catalog: catalogFor(lateCatalog), measure: measurePolicies }
  }
  const { clock, localCounters, generations, node } = engines
  const risk = riskEngineOf(settings)
  const data: GatewayThreadData = {
    counters: localCounters.handle(),
    controlPlane: { ...controlPlane, clientSecret: controlPlane.clientSecret.reveal() },
    ...(settings.countersUrl && {
      sharedCounters: {
        url: settings.countersUrl.reveal(),
        timeoutMillis: settings.countersTimeout.milliseconds,
        node,
      },
    }),
    generations: generations.handle(),
    ...(clock.shift && { shift: clock.shift }),
    ...(settings.secretsFolder !== undefined && { secretsFolder: settings.secretsFolder }),
    ...(settings.countriesFile !== undefined && { countriesFile: settings.countriesFile }),
    ...(risk && { risk: { ...risk, token: risk.token?.reveal() } }),
  }
  return { threads: { count, module: new URL('./gateway-thread.ts', import.meta.url).href, data } }
}
