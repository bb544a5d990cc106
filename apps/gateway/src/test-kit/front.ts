import type { Decision } from '@portcullis/model/decision/decision'
import { normalizeUpstream, type UpstreamDeclaration } from '@portcullis/model/resource/upstream'
import type { Revision, RevisionApi, RevisionOperation } from '@portcullis/model/revision'
import type { Ports } from '@portcullis/policy-kit/policy'
import { testRevision } from '@portcullis/policy-kit/test-kit'
import { openMemoryApiKeys } from '@portcullis/ports/api-keys/memory'
import { collectingLog } from '@portcullis/ports/log/memory'

import { openMemoryRevocations } from '@portcullis/ports/revocations/memory'
import type { TaughtPorts } from '../control-plane/taught-ports.ts'
import { type Forwarder, type ForwarderLimits, forwarderLimits } from '../forwarder/forwarder.ts'
import { type Address, type Listener, type ListenerLimits, listenerLimits } from '../listener/listener.ts'
import { openForwarder, openListener } from '../listener/open-engine.ts'
import { openPipeline, type Pipeline } from '../pipeline.ts'
import { testCatalog } from './policy.ts'

export const testClock = { now: () => Date.now() }
/** The test policies need none. */
export const testRevocations = openMemoryRevocations(testClock)
export const testPorts = {
  clock: testClock,
  revocations: testRevocations,
  apiKeys: openMemoryApiKeys(),
} as unknown as TaughtPorts

/** The gateway without its control plane: listener, pipeline and forwarder over real sockets. */
export interface Front extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly pipeline: Pipeline
  readonly listener: Listener
  readonly forwarder: Forwarder
  readonly decisions: Decision[]
  readonly log: ReturnType<typeof collectingLog>
  close(drainMillis: number): Promise<void>
}

export async function openFront(
  revisions: readonly Revision[],
  limits: {
    readonly listener?: Partial<ListenerLimits>
    readonly forwarder?: Partial<ForwarderLimits>
    readonly address?: Partial<Address>
  } = {},
  ports: Partial<Ports> = {},
): Promise<Front> {
  const log = collectingLog()
  const decisions: Decision[] = []
  const forwarder = openForwarder({ ...forwarderLimits, ...limits.forwarder })
  const pipeline = openPipeline({
    catalog: testCatalog,
    ports: { ...testPorts, ...ports },
    forwarder,
    record: (decision) => decisions.push(decision),
    clock: testClock,
    log,
    standingTickMillis: 10,
  })
  pipeline.swap(revisions)
  const address = { host: '127.0.0.1', port: 0, ...limits.address }
  const listener = await openListener(address, pipeline, log, { ...listenerLimits, ...limits.listener })
  const close = async (drainMillis: number): Promise<void> => {
    await Promise.all([pipeline.standing.end('shutdown'), listener.close(drainMillis)])
    pipeline.close()
    await forwarder.close()
  }
  return {
    url: `http://127.0.0.1:${listener.port}`,
    port: listener.port,
    pipeline,
    listener,
    forwarder,
    decisions,
    log,
    close,
    [Symbol.asyncDispose]: () => close(0),
  }
}

/** One API at `/shop/v1` with every method on `/things` and `/things/{id}`, served for any host. */
export function shopRevision(
  upstream: UpstreamDeclaration,
  changes: Partial<Revision> = {},
  api: Partial<RevisionApi> = {},
): Revision {
  return testRevision(
    { issuer: { url: 'http://127.0.0.1:1/hmart', jwksUri: 'http://127.0.0.1:1/hmart/jwks' }, ...changes },
    {
      api: 'shop',
      basePath: '/shop/v1',
      upstream: normalizeUpstream(upstream),
      operations: shopOperations(),
      ...api,
    },
  )
}

export function shopOperations(policies: RevisionOperation['policies'] = []): RevisionOperation[] {
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
  return methods.flatMap((method) =>
    ['/things', '/things/{id}'].map((path) => ({
      id: `${method} ${path}`,
      method,
      path,
      security: [],
      policies,
    })),
  )
}
