import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { PoolCounts } from '@portcullis/http1/client/pool'
import { type Sample, sample } from '@portcullis/kernel/metric'
import type { ListenerCounts } from '../listener/listener.ts'
import type { StandingCount } from '../standing/standing-calls.ts'
import type { UpstreamStatus } from '../upstream/balance/balanced-upstream.ts'

const DELAY_RESOLUTION_MILLIS = 20
const NANOS_PER_SECOND = 1e9

/** How the event loop of this thread does, since it was last asked. */
export interface LoopMeter {
  samples(thread: number): Sample[]
  stop(): void
}

export function openLoopMeter(): LoopMeter {
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MILLIS })
  delay.enable()
  let last = performance.eventLoopUtilization()
  return {
    samples(thread) {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, last)
      last = now
      // The histogram counts whole periods, its own resolution among them.
      const waited = Math.max(0, delay.percentile(99) / NANOS_PER_SECOND - DELAY_RESOLUTION_MILLIS / 1_000)
      delay.reset()
      const labels = ['thread', String(thread)]
      return [
        sample('portcullis_thread_utilization_ratio', 'gauge', labels, utilization),
        sample('portcullis_thread_event_loop_delay_seconds', 'gauge', labels, waited),
        sample('portcullis_thread_heap_bytes', 'gauge', labels, getHeapStatistics().used_heap_size),
      ]
    },
    stop: () => delay.disable(),
  }
}

export function listenerSamples({ accepted, addresses, requests, ...rest }: ListenerCounts): Sample[] {
  const { refused, states, http2 } = rest
  const of = (state: string, count: number): Sample =>
    sample('portcullis_connections', 'gauge', ['state', state], count)
  return [
    of('idle', states.idle + (http2?.states.idle ?? 0)),
    of('reading', states.reading),
    of('busy', states.busy + (http2?.states.busy ?? 0)),
    of('closing', states.closing + (http2?.states.closing ?? 0)),
    sample('portcullis_http2_connections', 'gauge', [], http2?.connections ?? 0),
    sample('portcullis_connections_accepted', 'counter', [], accepted + (http2?.accepted ?? 0)),
    sample('portcullis_caller_addresses', 'gauge', [], addresses),
    sample('portcullis_requests_in_flight', 'gauge', [], requests + (http2?.requests ?? 0)),
    ...refusals('portcullis_http1_refusals', refused),
    ...refusals('portcullis_http2_refusals', http2?.refused ?? {}),
  ]
}

function refusals(family: string, refused: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(refused).map(([reason, count]) =>
    sample(family, 'counter', ['reason', reason], count),
  )
}

export function forwarderSamples({ open, connecting, idle, waiting }: PoolCounts): Sample[] {
  const of = (state: string, count: number): Sample =>
    sample('portcullis_upstream_connections', 'gauge', ['state', state], count)
  return [
    of('connecting', connecting),
    of('idle', idle),
    of('busy', open - idle - connecting),
    sample('portcullis_upstream_waiting', 'gauge', [], waiting),
  ]
}

/** Without who calls: those are as many as like. */
export function standingSamples(counts: readonly StandingCount[]): Sample[] {
  const sums = new Map<string, { labels: string[]; count: number }>()
  for (const { kind, organization, environment, api, version, count } of counts) {
    const labels = [
      ...['kind', kind, 'organization', organization, 'environment', environment],
      ...['api', api, 'version', version],
    ]
    const key = labels.join('\n')
    sums.set(key, { labels, count: (sums.get(key)?.count ?? 0) + count })
  }
  return [...sums.values()].map(({ labels, count }) =>
    sample('portcullis_standing_calls', 'gauge', labels, count),
  )
}

export function upstreamSamples(all: readonly UpstreamStatus[]): Sample[] {
  return all.flatMap(({ place, targets, retries, refused, panics }) => {
    const upstream = ['upstream', place]
    return [
      ...targets.flatMap(({ target, fit, inFlight, calls, failures, ejections }) => {
        const labels = [...upstream, 'target', target]
        return [
          sample('portcullis_upstream_target_fit', 'gauge', labels, fit ? 1 : 0),
          sample('portcullis_upstream_target_in_flight', 'gauge', labels, inFlight),
          sample(
            'portcullis_upstream_target_calls',
            'counter',
            [...labels, 'result', 'good'],
            calls - failures,
          ),
          sample('portcullis_upstream_target_calls', 'counter', [...labels, 'result', 'failed'], failures),
          sample('portcullis_upstream_target_ejections', 'counter', labels, ejections),
        ]
      }),
      sample('portcullis_upstream_retries', 'counter', upstream, retries),
      sample('portcullis_upstream_refused', 'counter', upstream, refused),
      sample('portcullis_upstream_panics', 'counter', upstream, panics),
    ]
  })
}
