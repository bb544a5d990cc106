import type { Sample } from '@portcullis/kernel/metric'
import type { Decision } from '@portcullis/model/decision/decision'
import { type Revision, revisionName } from '@portcullis/model/revision'
import type { CatalogFor } from '@portcullis/policy-kit/late-catalog'
import type { Catalog } from '@portcullis/policy-kit/policy'
import type { Log } from '@portcullis/ports/log/port'
import { type TaughtPorts, teach } from './control-plane/taught-ports.ts'
import type { Front, FrontLimits } from './front.ts'
import type { Address, Listener } from './listener/listener.ts'
import { openForwarder, openListener } from './listener/open-engine.ts'
import {
  forwarderSamples,
  listenerSamples,
  openLoopMeter,
  standingSamples,
  upstreamSamples,
} from './metric/measure-thread.ts'
import { openTally } from './metric/tally.ts'
import { openPipeline } from './pipeline.ts'
import { type PackedRevision, unpackRevision } from './reader/packed-revision.ts'
import { inSlices } from './revision/in-slices.ts'

export interface FrontOptions {
  readonly catalog: Catalog | CatalogFor
  readonly ports: TaughtPorts
  /** What is to be measured of the ports and policies. */
  readonly measure?: (() => readonly Sample[]) | undefined
  readonly record: (decision: Decision) => void
  readonly log: Log
  readonly limits: FrontLimits
  readonly strictTransportSecurity?: string | undefined
}

/** A front that may share its address with those of other threads. */
export interface LocalFront extends Front {
  listen(address: Address): Promise<number>
  /** `thread` is its number, counted from 1. */
  measure(thread?: number): Promise<readonly Sample[]>
}

/** Takes calls in the thread in which it is opened. */
export function openFront(options: FrontOptions): LocalFront {
  const { catalog, ports, record, log, limits, strictTransportSecurity } = options
  const tally = openTally()
  const forwarder = openForwarder(limits.forwarder)
  const pipeline = openPipeline({
    catalog,
    ports,
    forwarder,
    record,
    clock: ports.clock,
    log,
    strictTransportSecurity,
    tally,
  })
  const loop = openLoopMeter()
  let listener: Listener | undefined
  let calls = 0
  const door: Parameters<typeof openListener>[1] = {
    handle(request) {
      calls++
      return pipeline.handle(request)
    },
    refuse: pipeline.refuse,
  }
  /** Loaded and perhaps live; of those that never came into force the latest of each environment. */
  let loaded = new Map<string, Revision>()

  async function load(packed: PackedRevision): Promise<void> {
    const revision = await inSlices(unpackRevision(packed))
    await pipeline.load(revision)
    const live = new Set(pipeline.live())
    for (const [name, each] of loaded) {
      const isSame = each.organization === revision.organization && each.environment === revision.environment
      if (isSame && !live.has(name)) loaded.delete(name)
    }
    loaded.set(revisionName(revision), revision)
  }

  async function swap(names: readonly string[]): Promise<void> {
    const next = new Map(
      names.map((name) => {
        const revision = loaded.get(name)
        if (revision === undefined) throw new Error(`${name} was not loaded`)
        return [name, revision]
      }),
    )
    pipeline.swap([...next.values()])
    loaded = next
  }

  return {
    load,
    swap,
    learn: async (news) => teach({ ...ports, standing: pipeline.standing }, news),
    async listen(address) {
      listener = await openListener(address, door, log, limits.listener)
      return listener.port
    },
    replaceCertificates: async (tls) => listener?.replaceCertificates(tls),
    live: pipeline.live,
    measure: async (thread = 1) => [
      ...tally.samples(),
      ...(listener === undefined ? [] : listenerSamples(listener.counts())),
      ...forwarderSamples(forwarder.counts()),
      ...upstreamSamples(pipeline.upstreams()),
      ...standingSamples(pipeline.standing.counts()),
      ...(options.measure?.() ?? []),
      ...loop.samples(thread),
    ],
    threads: async () => [{ thread: 1, calls, live: pipeline.live(), standing: pipeline.standing.counts() }],
    async drain(millis) {
      // What the listener waits for would not end by itself.
      await Promise.all([pipeline.standing.end('shutdown'), listener?.close(millis)])
    },
    async close() {
      loop.stop()
      pipeline.close()
      await forwarder.close()
    },
  }
}
