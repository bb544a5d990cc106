import { hostname } from 'node:os'
import type { CertificateFolder } from '@portcullis/certificate/read-certificates'
import { watchCertificates } from '@portcullis/certificate/watch-certificates'
import type { Fetch } from '@portcullis/kernel/fetch'
import { type Sample, sample } from '@portcullis/kernel/metric'
import type { Topic } from '@portcullis/model/news/news'
import { DEFAULT_GATEWAY_GROUP } from '@portcullis/model/resource/gateway-group'
import type { CatalogFor } from '@portcullis/policy-kit/late-catalog'
import type { Catalog } from '@portcullis/policy-kit/policy'
import type { Log } from '@portcullis/ports/log/port'
import type { JWK } from 'jose'
import { type ControlPlaneAddress, openControlPlane } from './control-plane/control-plane.ts'
import type { TaughtPorts } from './control-plane/taught-ports.ts'
import { forwarderLimits } from './forwarder/forwarder.ts'
import type { Front, FrontLimits, ThreadState } from './front.ts'
import { type Address, type Listener, listenerLimits } from './listener/listener.ts'
import { openPlainDoor } from './listener/plain-door.ts'
import { followChanges } from './news/follow-changes.ts'
import { openNewsFile } from './news/news-file.ts'
import { newsRoutes, openNewsSource } from './news/news-source.ts'
import { openLull } from './reader/open-lull.ts'
import { openReader } from './reader/open-reader.ts'
import type { PackedRevision } from './reader/packed-revision.ts'
import { openReadRevision, type ReadRevision } from './reader/read-revision.ts'
import {
  type DecisionSink,
  openRecorder,
  type Recorder,
  type RecorderLimits,
  recorderLimits,
} from './record/recorder.ts'
import { openRevisionFolder } from './revision/revision-folder.ts'
import { openRevisionSource } from './revision/revision-source.ts'
import { openThreads } from './thread/open-threads.ts'

/** Calls are taken in this thread, with this catalogue, or in threads of their own, which have each their own. */
export type GatewayOptions = CommonOptions &
  (
    | {
        readonly catalog: Catalog | CatalogFor
        readonly measure?: () => readonly Sample[]
        readonly threads?: undefined
      }
    | { readonly catalog?: Catalog | CatalogFor; readonly threads: GatewayThreads }
  )

interface CommonOptions {
  /** Port 0 takes a free one. */
  readonly listen: Omit<Address, 'reusePort' | 'tls'>
  /** Makes the gateway speak TLS, and nothing else, with the certificates of this folder. */
  readonly certificates?: CertificateFolder | undefined
  /** A port beside that of TLS for callers who come without it, and what they are answered. */
  readonly plain?: { readonly port: number; readonly answer: 'redirect' | 'refuse' } | undefined
  /** The value of `Strict-Transport-Security` (RFC 6797) in replies over https; none when absent. */
  readonly strictTransportSecurity?: string | undefined
  /** Folder where the last good revisions are kept. */
  readonly home: string
  readonly controlPlane: ControlPlaneAddress
  /** Who asks it; the runtime when absent. */
  readonly fetch?: Fetch
  /** The public Ed25519 key of the control plane: the one thing in which all trust in revisions lies. */
  readonly revisionKey: JWK
  readonly ports: TaughtPorts
  /** Where decision records go. */
  readonly decisions: DecisionSink
  readonly log: Log
  /** How the gateway names itself to the control plane; the host's name when absent. */
  readonly gatewayId?: string
  /** The gateway group to which it belongs; `default` when absent. */
  readonly group?: string
  readonly limits?: Partial<GatewayLimits>
}

export interface GatewayThreads {
  readonly count: number
  /**
   * URL of a module that exports an `openThread` (see `thread/thread-parts.ts`): ports and catalogue can't be sent to
   * another thread, so each opens its own. `ports` are then for this thread alone.
   */
  readonly module: string
  /** Handed to `openThread`; must be cloneable. */
  readonly data: unknown
}

export interface GatewayLimits extends FrontLimits {
  readonly recorder: RecorderLimits
  /** How often the control plane is asked although it tells of changes. */
  readonly pollMillis: number
  /** The longest pause between two attempts to reach the control plane. */
  readonly maxRetryMillis: number
  /** How often the folder of certificates is looked at. */
  readonly certificatePollMillis: number
  /** A thread that takes calls and gives no sign of life for so long is replaced. */
  readonly hungAfterMillis: number
  /** How long calls under way may go on after `close`. */
  readonly drainMillis: number
}

export const gatewayLimits: GatewayLimits = {
  listener: listenerLimits,
  forwarder: forwarderLimits,
  recorder: recorderLimits,
  pollMillis: 30_000,
  maxRetryMillis: 15_000,
  certificatePollMillis: 2_000,
  hungAfterMillis: 10_000,
  drainMillis: 10_000,
}

export interface Gateway {
  readonly url: string
  readonly port: number
  /** Where callers without TLS are answered, if anywhere. */
  readonly plainPort: number | undefined
  /** Resolves once the first revisions are live, from disk or control plane, or the latter has none. */
  ready(): Promise<void>
  /** Names of the revisions in force, such as `hmart/production#3`. */
  live(): string[]
  /** What each thread that takes calls has to say of itself. */
  threads(): Promise<readonly ThreadState[]>
  /** What is measured, by the families of `metric/families.ts`. */
  measure(): Promise<readonly Sample[]>
  /** Takes no more calls, lets those under way end, and hands over the last decision records. */
  close(): Promise<void>
}

/**
 * Starts a gateway; when it resolves, every thread listens. Until the first revision is live it answers every call with
 * 503. Rejects when the address is taken, the folder or the certificates can't be used or the key is none; a control
 * plane that is away is no reason not to start.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { listen, ports, log } = options
  const limits = { ...gatewayLimits, ...options.limits }
  const group = options.group ?? DEFAULT_GATEWAY_GROUP
  const readHere = await openReadRevision(options.revisionKey, group)
  const folder = await openRevisionFolder(options.home)
  const controlPlane = openControlPlane(options.controlPlane, ports.clock, options.fetch ?? fetch)
  await using opened = new AsyncDisposableStack()
  const recorder = opened.adopt(openRecorder(options.decisions, log, limits.recorder), (each) => each.close())
  const lull = opened.adopt(openLull(), (each) => each.close())
  const take: Pick<Recorder, 'record' | 'hand'> = {
    record(decision) {
      lull.count()
      recorder.record(decision)
    },
    hand(batch) {
      lull.count()
      recorder.hand(batch)
    },
  }
  const front = opened.adopt(await openFrontOf(options, take, limits), (each) => each.close())
  const { pollMillis, maxRetryMillis } = limits
  const gatewayId = options.gatewayId ?? hostname().slice(0, 63)
  const shared = { gatewayId, controlPlane, front, log, pollMillis, maxRetryMillis }
  // What was revoked, and which keys are good, is known before the first call is taken.
  const openNews = async <T extends Topic>(topic: T) => {
    const following = { topic, route: newsRoutes[topic], file: openNewsFile(options.home, topic) }
    const opening = openNewsSource({ ...shared, ...following, clock: ports.clock })
    return opened.adopt(await opening, (each) => each.close())
  }
  const revocations = await openNews('revocation')
  const apiKeys = await openNews('api-key')
  const disconnections = await openNews('disconnection')
  const reader = opened.adopt(openReader({ revisionKey: options.revisionKey, group }), (each) => each.close())
  // Where nobody calls there is nobody who would have to wait, and a thread need not be started.
  const read: ReadRevision = (jws) => (lull.isHere() ? readHere : reader.read)(jws)
  const sourceOptions = { ...shared, read, folder }
  const source = opened.adopt(await openRevisionSource(sourceOptions), (each) => each.close())
  const followers = [source, revocations, apiKeys, disconnections]
  opened.adopt(followChanges({ controlPlane, followers, log, maxRetryMillis }), (each) => each.close())
  const watch =
    options.certificates && opened.adopt(await openWatch(options.certificates), (each) => each.close())
  const port = await front.listen({ ...listen, ...(watch && { tls: watch.tls }) })
  opened.defer(() => front.drain(limits.drainMillis))
  const plain = options.plain && opened.adopt(await openPlain(options.plain.port), (each) => each.close(0))
  watch?.follow((tls) => front.replaceCertificates(tls))
  // Closing runs backwards: first the listeners drain, last the decision records of the calls are handed over.
  const closing = opened.move()

  function openWatch(certificates: CertificateFolder) {
    const pollMillis = limits.certificatePollMillis
    return watchCertificates({ folder: certificates, clock: ports.clock, log, pollMillis })
  }

  async function openPlain(plainPort: number): Promise<Listener> {
    const { openListener } = await import('./listener/open-engine.ts')
    const answer = options.plain?.answer ?? 'refuse'
    const door = openPlainDoor({ answer, tlsPort: port, clock: ports.clock, record: recorder.record })
    const { host, trustedProxies, proxyProtocol } = listen
    const address = { host, port: plainPort, trustedProxies, ...(proxyProtocol && { proxyProtocol }) }
    return openListener(address, door, log, limits.listener)
  }

  return {
    plainPort: plain?.port,
    url: `${watch === undefined ? 'http' : 'https'}://${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${port}`,
    port,
    ready: () => source.ready(),
    live: () => front.live(),
    threads: () => front.threads(),
    measure: async () => [
      ...(await front.measure()),
      ...source.inForce().flatMap(revisionSamples),
      sample('portcullis_decisions_waiting', 'gauge', [], recorder.waiting()),
      sample('portcullis_decisions_dropped', 'counter', ['where', 'main'], recorder.dropped()),
      ...(watch?.expiries() ?? []).map(({ name, at }) =>
        sample('portcullis_certificate_expires_seconds', 'gauge', ['certificate', name], at / 1000),
      ),
    ],
    close: () => closing.disposeAsync(),
  }
}

function revisionSamples({ organization, environment, number, publishedAt }: PackedRevision): Sample[] {
  const labels = ['organization', organization, 'environment', environment]
  return [
    sample('portcullis_revision', 'gauge', labels, number),
    sample('portcullis_revision_published_seconds', 'gauge', labels, Date.parse(publishedAt) / 1000),
  ]
}

async function openFrontOf(
  options: GatewayOptions,
  { record, hand }: Pick<Recorder, 'record' | 'hand'>,
  limits: GatewayLimits,
): Promise<Front> {
  const { ports, log } = options
  const { listener, forwarder } = limits
  const { strictTransportSecurity } = options
  const shared = { log, limits: { listener, forwarder }, strictTransportSecurity }
  if (options.threads !== undefined) {
    const { hungAfterMillis } = limits
    return openThreads({ ...shared, ...options.threads, shared: ports, hand, hungAfterMillis })
  }
  // What takes calls is not needed in memory where other threads take them.
  const { openFront } = await import('./open-front.ts')
  return openFront({ ...shared, record, ports, catalog: options.catalog, measure: options.measure })
}
