import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { histogramSamples, type MetricFamilies, type Sample, sample } from '@portcullis/kernel/metric'

/** What is measured of the authorization server and the control plane. */
export const serverFamilies = {
  portcullis_server_requests: {
    kind: 'counter',
    help: 'Requests to the authorization server and the control plane, by role and class of status.',
  },
  portcullis_server_duration_seconds: {
    kind: 'histogram',
    help: 'From the head of such a request to the end of its reply, by role.',
  },
} as const satisfies MetricFamilies

const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const STARTED = 'http.server.request.start'
const FINISHED = 'http.server.response.finish'

interface Told {
  readonly server: Server
  readonly response: ServerResponse
}

interface Counts {
  readonly byStatus: Map<string, number>
  readonly buckets: number[]
  sum: number
}

/** Counts what the servers of `node:http` at these ports answer, which know nothing of it. */
export interface ServerMeter {
  samples(): Sample[]
  stop(): void
}

export function openServerMeter(roleOf: (port: number) => string | undefined): ServerMeter {
  const roles = new Map<string, Counts>()
  const began = new WeakMap<ServerResponse, number>()

  function onStart(message: unknown): void {
    began.set((message as Told).response, performance.now())
  }

  function onFinish(message: unknown): void {
    const { server, response } = message as Told
    const start = began.get(response)
    const role = roleOf((server.address() as AddressInfo | null)?.port ?? 0)
    if (role === undefined || start === undefined) return
    const known = roles.get(role)
    const counts = known ?? { byStatus: new Map(), buckets: Array(BOUNDS.length + 1).fill(0), sum: 0 }
    if (known === undefined) roles.set(role, counts)
    const status = `${Math.trunc(response.statusCode / 100)}xx`
    counts.byStatus.set(status, (counts.byStatus.get(status) ?? 0) + 1)
    const seconds = (performance.now() - start) / 1_000
    const above = BOUNDS.findIndex((bound) => seconds <= bound)
    const at = above < 0 ? BOUNDS.length : above
    counts.buckets[at] = (counts.buckets[at] ?? 0) + 1
    counts.sum += seconds
  }

  subscribe(STARTED, onStart)
  subscribe(FINISHED, onFinish)
  return {
    samples: () =>
      [...roles].flatMap(([role, { byStatus, buckets, sum }]) => [
        ...Array.from(byStatus, ([status, count]) =>
          sample('portcullis_server_requests', 'counter', ['role', role, 'status', status], count),
        ),
        ...histogramSamples('portcullis_server_duration_seconds', ['role', role], BOUNDS, buckets, sum),
      ]),
    stop() {
      unsubscribe(STARTED, onStart)
      unsubscribe(FINISHED, onFinish)
    },
  }
}
