import { writeFileSync } from 'node:fs'
import type { OpenCustomRules } from '@portcullis/authserver/custom-rule/open-custom-rules'
import type { ControlPlane } from '@portcullis/control-plane/control-plane'
import { SYSTEM } from '@portcullis/model/collection'
import type { Log } from '@portcullis/ports/log/port'
import type { Signer } from '@portcullis/ports/signer/port'
import type { Web } from '@portcullis/ports/web/port'
import type { ThreadClock } from '@portcullis/system/shifted-clock'
import { systemClock } from '@portcullis/system/system-clock'
import { needsSetting } from '../setting/read-settings.ts'
import type { Settings } from '../setting/settings.ts'
import { type Addresses, addressesOf } from './address.ts'
import { authserverTls } from './authserver-tls.ts'
import { openEngines } from './engines.ts'
import { revisionKeyPath } from './gateway-trust.ts'
import { openBreaches } from './open-breaches.ts'
import { openGateway } from './open-gateway.ts'
import { openMail } from './open-mail.ts'
import { openOperations } from './open-operations.ts'
import { applySampleOnce, hasSample } from './sample.ts'
import type { Site } from './site.ts'
import type { State } from './state.ts'
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
  /** Port of metrics and health, where they are told. */
  readonly operationsPort: number | undefined
  close(): Promise<void>
}

/**
 * Puts the roles of this process together and starts them: who issues tokens first, then who publishes what they mean,
 * then who enforces it. When one fails to start, those before it are closed again.
 */
export async function startPortcullis(
  settings: Settings,
  log: Log,
  clock: ThreadClock = systemClock(),
): Promise<Running> {
  await using opened = new AsyncDisposableStack()
  const has = (role: Settings['roles'][number]): boolean => settings.roles.includes(role)
  const engines = await openEngines(settings, clock, log, opened)
  const operations = await openOperations(settings, engines.localCounters, log, opened)
  const state = has('authserver') || has('control-plane') ? await openSweptState() : undefined
  const site: Site = { settings, addresses: addressesOf(settings), engines, state, log, opened }
  const authserver = state && has('authserver') ? await openAuthserver(site, state) : undefined
  const control = state && has('control-plane') ? await openControlPlane(site, state) : undefined
  const gateway = has('gateway')
    ? opened.use(disposable(await openGateway(site, control?.controlPlane)))
    : undefined
  if (gateway !== undefined) operations.watchGateway(gateway)
  const sample = control !== undefined && settings.sample && hasSample(settings.home)
  if (sample) await openSampleBackend(site)
  operations.isStarted = true
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
    operationsPort: operations.port,
    close() {
      operations.isStarted = false
      return closing.disposeAsync()
    },
  }

  async function openSweptState(): Promise<State> {
    const { openState, sweepRegularly } = await import('./state.ts')
    const state = await openState(settings, clock, log, opened)
    const sweeping = sweepRegularly(state, clock, settings.decisionsKeptFor.milliseconds, (error) =>
      log.error('what has expired could not be deleted', { error }),
    )
    opened.defer(() => sweeping.stop())
    return state
  }
}

// Roles are loaded where they are wanted: a process that is a gateway alone keeps nothing of the others in memory.

async function openAuthserver(
  { settings, addresses, engines, log, opened }: Site,
  { store, events, secrets }: State,
): Promise<Part> {
  const { startAuthserver } = await import('@portcullis/authserver/start-authserver')
  const { openAssertions } = await import('@portcullis/saml/assertions')
  const { clock, counters, countries, risk, web, identities, vault } = engines
  const customRules = await openRulesOf(settings, log, opened)
  const listen = { host: settings.host, port: settings.authserverPort }
  return opened.use(
    disposable(
      await startAuthserver({
        signingKeySeconds: settings.signingKeyLife.seconds,
        reachPrivate: settings.appsMayNamePrivateAddresses,
        listen,
        ...authserverTls(settings),
        url: addresses.authserver,
        store,
        secrets,
        signer: await openSigner(settings, web),
        clock,
        counters,
        events,
        countries,
        risk: settings.riskUrl === undefined ? undefined : risk,
        ...(customRules !== undefined && { customRules }),
        web,
        identities,
        vault,
        assertions: openAssertions(),
        mail: await openMail(settings),
        breaches: openBreaches(settings, engines.web),
        log,
      }),
    ),
  )
}

async function openRulesOf(
  { tokenRulesFolder: folder }: Settings,
  log: Log,
  opened: AsyncDisposableStack,
): Promise<OpenCustomRules | undefined> {
  if (folder === undefined) return undefined
  const { openCustomRules } = await import('@portcullis/authserver/custom-rule/open-custom-rules')
  return opened.adopt(await openCustomRules(folder, log), (rules) => rules.close())
}

/** Whoever keeps the keys of tokens, where somebody else does. */
async function openSigner(
  { signerUrl: url, signerToken: token, signerTimeout }: Settings,
  web: Web,
): Promise<Signer | undefined> {
  if (url === undefined) return undefined
  if (token === undefined) throw needsSetting('signerUrl', 'signerToken')
  const { openTransitSigner } = await import('@portcullis/transit/transit-signer')
  return openTransitSigner(web, { url, token, timeoutMillis: signerTimeout.milliseconds })
}

async function openControlPlane(
  site: Site,
  state: State,
): Promise<{ controlPlane: ControlPlane; server: Part }> {
  const { createControlPlane } = await import('@portcullis/control-plane/control-plane')
  const { serveControlPlane } = await import('@portcullis/control-plane/serve')
  const { catalog } = await import('@portcullis/policies/catalog')
  const { settings, addresses, engines, log, opened } = site
  const { clock, counters, keys } = engines
  const { store, events, secrets } = state
  const urls = { url: addresses.controlPlane, authserverUrl: addresses.authserver }
  const controlPlane = await createControlPlane({
    ...{ store, events, secrets, clock, counters, log, catalog },
    breaches: openBreaches(settings, engines.web),
    mail: await openMail(settings),
    ...urls,
  })
  opened.defer(() => controlPlane.close())
  writeFileSync(revisionKeyPath(settings.home), `${JSON.stringify(controlPlane.revisionKey())}\n`)
  await declareSystem(controlPlane, {
    controlPlaneUrl: addresses.controlPlane,
    authserverUrl: addresses.authserver,
  })
  await ensureSecret(controlPlane, { store, clock }, settings.home, SYSTEM, 'command-line')
  await ensureSecret(controlPlane, { store, clock }, settings.home, SYSTEM, 'gateway')
  if (settings.sample) {
    const backend = `http://127.0.0.1:${settings.sampleBackendPort}`
    const { gateway, authserver } = addresses
    await applySampleOnce(controlPlane, { store, clock }, settings.home, { gateway, authserver, backend })
  }
  const listen = { host: settings.host, port: settings.controlPlanePort }
  const server = opened.use(
    disposable(await serveControlPlane(controlPlane, { listen, keys, clock, log, ...urls })),
  )
  return { controlPlane, server }
}

async function openSampleBackend({ settings, opened }: Site): Promise<void> {
  const { startWarehouse } = await import('@portcullis/example-warehouse/server')
  opened.use(disposable(await startWarehouse({ host: '127.0.0.1', port: settings.sampleBackendPort })))
}

function disposable<P extends Part>(part: P): P & AsyncDisposable {
  return Object.assign(part, { [Symbol.asyncDispose]: () => part.close() })
}
