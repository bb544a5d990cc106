import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startAuthserver } from '@portcullis/authserver/start-authserver'
import { type ControlPlane, createControlPlane } from '@portcullis/control-plane/control-plane'
import { serveControlPlane } from '@portcullis/control-plane/serve'
import { startWarehouse } from '@portcullis/example-warehouse/server'
import { startGateway } from '@portcullis/gateway/start-gateway'
import { SYSTEM } from '@portcullis/model/collection'
import { catalog } from '@portcullis/policies/catalog'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import { systemClock } from '@portcullis/system/system-clock'
import type { Settings } from '../setting/settings.ts'
import { type Addresses, addressesOf, issuerOf, managementAudience } from './address.ts'
import { openEngines, sweepRegularly } from './engines.ts'
import { gatewayTrust, revisionKeyPath } from './gateway-trust.ts'
import { applySampleOnce, hasSample } from './sample.ts'
import type { Site } from './site.ts'
import { declareSystem, ensureSecret } from './system-organization.ts'

/** A part that can be stopped by itself. */
export interface Part {
  close(): Promise<void>
}

export interface Running {
  readonly addresses: Addresses
  /** The control plane itself, where this process has that role. */
  readonly controlPlane: ControlPlane | undefined
  /** The servers of this process, by role. */
  readonly servers: Readonly<Partial<Record<Settings['roles'][number], Part>>>
  readonly sample: boolean
  close(): Promise<void>
}

/**
 * Puts the roles of this process together and starts them: who issues tokens first, then who publishes what they mean,
 * then who enforces it. When one fails to start, those before it are closed again.
 */
export async function startPortcullis(
  settings: Settings,
  log: Log,
  clock: Clock = systemClock(),
): Promise<Running> {
  await using opened = new AsyncDisposableStack()
  const engines = await openEngines(settings, clock, log, opened)
  const site: Site = { settings, addresses: addressesOf(settings), engines, log, opened }
  const sweeping = sweepRegularly(engines, settings.decisionsKeptFor.milliseconds, (error) =>
    log.error('what has expired could not be deleted', { error }),
  )
  opened.defer(() => sweeping.stop())
  const has = (role: Settings['roles'][number]): boolean => settings.roles.includes(role)
  const authserver = has('authserver') ? await openAuthserver(site) : undefined
  const control = has('control-plane') ? await openControlPlane(site) : undefined
  const gateway = has('gateway') ? await openGateway(site, control?.controlPlane) : undefined
  const sample = control !== undefined && settings.sample && hasSample(settings.home)
  if (sample)
    opened.use(disposable(await startWarehouse({ host: '127.0.0.1', port: settings.sampleBackendPort })))
  const closing = opened.move()
  return {
    addresses: site.addresses,
    controlPlane: control?.controlPlane,
    servers: {
      ...(authserver && { authserver }),
      ...(control && { 'control-plane': control.server }),
      ...(gateway && { gateway }),
    },
    sample,
    close: () => closing.disposeAsync(),
  }
}

async function openAuthserver({ settings, addresses, engines, log, opened }: Site): Promise<Part> {
  const { store, secrets, clock, counters } = engines
  const listen = { host: settings.host, port: settings.authserverPort }
  return opened.use(
    disposable(
      await startAuthserver({ listen, url: addresses.authserver, store, secrets, clock, counters, log }),
    ),
  )
}

async function openControlPlane(site: Site): Promise<{ controlPlane: ControlPlane; server: Part }> {
  const { settings, addresses, engines, log, opened } = site
  const { store, events, secrets, clock, keys } = engines
  const urls = { url: addresses.controlPlane, authserverUrl: addresses.authserver }
  const controlPlane = await createControlPlane({ store, events, secrets, clock, log, catalog, ...urls })
  opened.defer(() => controlPlane.close())
  writeFileSync(revisionKeyPath(settings.home), `${JSON.stringify(controlPlane.revisionKey())}\n`)
  await declareSystem(controlPlane, {
    controlPlaneUrl: addresses.controlPlane,
    authserverUrl: addresses.authserver,
  })
  await ensureSecret(controlPlane, engines, settings.home, SYSTEM, 'command-line')
  await ensureSecret(controlPlane, engines, settings.home, SYSTEM, 'gateway')
  if (settings.sample) {
    const backend = `http://127.0.0.1:${settings.sampleBackendPort}`
    const { gateway, authserver } = addresses
    await applySampleOnce(controlPlane, engines, settings.home, { gateway, authserver, backend })
  }
  const listen = { host: settings.host, port: settings.controlPlanePort }
  const server = opened.use(
    disposable(await serveControlPlane(controlPlane, { listen, keys, clock, log, ...urls })),
  )
  return { controlPlane, server }
}

async function openGateway(site: Site, controlPlane: ControlPlane | undefined): Promise<Part> {
  const { settings, addresses, engines, log, opened } = site
  const { counters, clock, keys } = engines
  const trust = gatewayTrust(site, controlPlane)
  const gateway = await startGateway({
    listen: { host: settings.host, port: settings.gatewayPort },
    home: join(settings.home, 'gateway'),
    controlPlane: {
      url: addresses.controlPlane,
      tokenUrl: `${issuerOf(addresses, SYSTEM)}/token`,
      audience: managementAudience(addresses),
      clientId: 'gateway',
      clientSecret: trust.clientSecret,
    },
    revisionKey: trust.revisionKey,
    ports: { counters, clock, keys },
    catalog,
    decisions: trust.decisions,
    log,
  })
  opened.use(disposable(gateway))
  await gateway.ready()
  return gateway
}

function disposable<P extends Part>(part: P): P & AsyncDisposable {
  return Object.assign(part, { [Symbol.asyncDispose]: () => part.close() })
}
