import { hostname } from 'node:os'
import type { Catalog, Ports } from '@portcullis/policy-kit/policy'
import type { Events } from '@portcullis/ports/events/port'
import type { Log } from '@portcullis/ports/log/port'
import type { JWK } from 'jose'
import { type ControlPlaneAddress, openControlPlane } from './control-plane.ts'
import { type ForwarderLimits, forwarderLimits } from './forwarder.ts'
import { type ListenerLimits, listenerLimits } from './listener.ts'
import { openNodeListener } from './node-listener.ts'
import { openPipeline } from './pipeline.ts'
import { openRecorder, type RecorderLimits, recorderLimits } from './recorder.ts'
import { openRevisionFolder } from './revision-folder.ts'
import { openRevisionSource } from './revision-source.ts'
import { openUndiciForwarder } from './undici-forwarder.ts'
import { revisionVerifier } from './verify-revision.ts'

export interface GatewayOptions {
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number }
  /** Folder where the last good revisions are kept. */
  readonly home: string
  readonly controlPlane: ControlPlaneAddress
  /** The public Ed25519 key of the control plane: the one thing in which all trust in revisions lies. */
  readonly revisionKey: JWK
  readonly ports: Ports
  readonly catalog: Catalog
  /** Where decision records go. */
  readonly decisions: Pick<Events, 'append'>
  readonly log: Log
  /** How the gateway names itself to the control plane; the host's name when absent. */
  readonly gatewayId?: string
  readonly limits?: Partial<GatewayLimits>
}

export interface GatewayLimits {
  readonly listener: ListenerLimits
  readonly forwarder: ForwarderLimits
  readonly recorder: RecorderLimits
  /** How often the control plane is asked although it tells of changes. */
  readonly pollMillis: number
  /** The longest pause between two attempts to reach the control plane. */
  readonly maxRetryMillis: number
  /** How long calls under way may go on after `close`. */
  readonly drainMillis: number
}

export const gatewayLimits: GatewayLimits = {
  listener: listenerLimits,
  forwarder: forwarderLimits,
  recorder: recorderLimits,
  pollMillis: 30_000,
  maxRetryMillis: 15_000,
  drainMillis: 10_000,
}

export interface Gateway {
  readonly url: string
  readonly port: number
  /** Resolves once the first revisions are live, from disk or control plane, or the latter has none. */
  ready(): Promise<void>
  /** Names of the revisions in force, such as `hmart/production#3`. */
  live(): string[]
  /** Takes no more calls, lets those under way end, and hands over the last decision records. */
  close(): Promise<void>
}

/**
 * Starts a gateway. Until the first revision is live it answers every call with 503. Rejects when the address is
 * taken, the folder can't be used or the key is none; a control plane that is away is no reason not to start.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { listen, catalog, ports, log } = options
  const limits = { ...gatewayLimits, ...options.limits }
  const verify = await revisionVerifier(options.revisionKey)
  const folder = await openRevisionFolder(options.home)
  const controlPlane = openControlPlane(options.controlPlane, ports.clock)
  await using opened = new AsyncDisposableStack()
  const forwarder = opened.adopt(openUndiciForwarder(limits.forwarder), (each) => each.close())
  const recorder = opened.adopt(openRecorder(options.decisions, log, limits.recorder), (each) => each.close())
  const { record } = recorder
  const pipeline = openPipeline({ catalog, ports, forwarder, record, clock: ports.clock, log })
  const { pollMillis, maxRetryMillis } = limits
  const gatewayId = options.gatewayId ?? hostname().slice(0, 63)
  const sourceOptions = { gatewayId, controlPlane, verify, folder, pipeline, log, pollMillis, maxRetryMillis }
  const source = opened.adopt(await openRevisionSource(sourceOptions), (each) => each.close())
  const listener = opened.adopt(await openNodeListener(listen, pipeline, log, limits.listener), (each) =>
    each.close(limits.drainMillis),
  )
  // Closing runs backwards: first the listener drains, last the connections to the backends go.
  const closing = opened.move()
  return {
    url: `http://${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listener.port}`,
    port: listener.port,
    ready: () => source.ready(),
    live: () => pipeline.live(),
    close: () => closing.disposeAsync(),
  }
}
