import type { UpstreamTls } from '@portcullis/http1/client/upstream-tls'
import { Fault } from '@portcullis/kernel/fault'
import type { OperationCalled } from '@portcullis/model/decision/decision'
import type { Protocol } from '@portcullis/model/resource/upstream'
import {
  type Revision,
  type RevisionApi,
  type RevisionOperation,
  revisionName,
} from '@portcullis/model/revision'
import { openRouter, type Router } from '@portcullis/model/route/router'
import { outerPhases } from '@portcullis/policy-kit/phase'
import type { Catalog, Ports } from '@portcullis/policy-kit/policy'
import { openArranger, outerSteps } from '@portcullis/policy-kit/step/effective-steps'
import type { BoundStep } from '@portcullis/policy-kit/step/run-steps'
import type { Vault } from '@portcullis/ports/vault/port'
import { keySets } from '../control-plane/key-sets.ts'
import { revisionFaults } from '../fault.ts'
import { nameOperation } from '../record/describe-decision.ts'
import type { BalancedUpstream } from '../upstream/balance/balanced-upstream.ts'
import { upstreamTlsOf } from '../upstream/upstream-tls.ts'
import type { Upstreams } from '../upstream/upstreams.ts'
import { stepBinder } from './bind-steps.ts'
import { objectionsTo } from './check-revision.ts'
import { type ProtectedResources, ResourceDescription, tellWellKnown } from './protected-resource.ts'

/** An operation with all that a call of it needs. */
export interface LoadedOperation {
  readonly api: RevisionApi
  readonly operation: RevisionOperation
  /** How decision records name it: one object for all of its calls. */
  readonly called: OperationCalled
  readonly steps: readonly BoundStep[]
  /** Of those, the ones that a browser's preflight request passes. */
  readonly outerSteps: readonly BoundStep[]
  readonly backend: Backend
}

/** Where calls of an API version go: one object for all of its operations, as those that a call touches cost it time. */
export interface Backend {
  /** Scheme, host and port; of its first target where there are several. */
  readonly origin: string
  /** Chooses the target of every call; absent where calls go straight to the origin. */
  readonly balanced: BalancedUpstream | undefined
  /** How the backend is recognised over TLS; the same object for as long as nothing of it changes. */
  readonly tls: UpstreamTls | undefined
  readonly protocol: Protocol | undefined
  /** What stands before the rest of the path there; empty or without trailing slash. */
  readonly path: string
}

/** A revision ready to run: all that can be known before the first call has been computed. */
export interface LoadedRevision {
  readonly revision: Revision
  readonly router: Router<LoadedOperation>
  /** For calls that lead to no operation. */
  readonly outerSteps: readonly BoundStep[]
  /** Those that operations call through, each once. */
  readonly upstreams: readonly BalancedUpstream[]
  readonly resources: ProtectedResources
}

/**
 * Throws `revision.bad-policy` or `revision.bad-content` for what this gateway could not enforce to the letter. Yields
 * wherever the computation may be interrupted: a large revision takes longer than a call may wait.
 */
export function* loadRevision(
  revision: Revision,
  catalog: Catalog,
  ports: Ports,
  upstreams: Upstreams,
): Generator<void, LoadedRevision> {
  const objections = yield* objectionsTo(revision, catalog)
  if (objections.length > 0) {
    throw revisionFaults['bad-policy']({
      detail: `${revisionName(revision)}: ${objections.slice(0, 10).join('; ')}`,
    })
  }
  try {
    return yield* load(revision, catalog, ports, upstreams)
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    throw revisionFaults['bad-content']({ detail: `${revisionName(revision)}: ${reason}`, cause: thrown })
  }
}

function* load(
  revision: Revision,
  catalog: Catalog,
  ports: Ports,
  upstreams: Upstreams,
): Generator<void, LoadedRevision> {
  const bind = stepBinder(ports)
  const router = openRouter<LoadedOperation>()
  const share = listSharer<BoundStep>()
  const used: BalancedUpstream[] = []
  const resources = new Map<string, Uint8Array>()
  const published = keySets()
  for (const api of revision.apis) {
    const description = new ResourceDescription(api)
    const backend = backendOf(revision, api, upstreams, ports.vault)
    if (backend.balanced !== undefined) used.push(backend.balanced)
    const arrange = openArranger(catalog, revision, api)
    for (const operation of api.operations) {
      const { steps } = arrange(operation)
      for (const step of steps) {
        description.add(step)
        tellWellKnown(step, api, resources)
      }
      const bound = share(steps.map(bind))
      for (const step of bound) published.add(step)
      const outer = steps.filter((step) => outerPhases.includes(step.policy.contract.phase))
      const value = {
        api,
        operation,
        called: nameOperation(api, operation),
        steps: bound,
        outerSteps: share(outer.map(bind)),
        backend,
      }
      router.add({ method: operation.method, template: api.basePath + operation.path, value })
      yield
    }
    description.writeTo(resources)
  }
  published.writeTo(resources)
  return {
    revision,
    router,
    outerSteps: outerSteps(catalog, revision).map(bind),
    upstreams: used,
    resources,
  }
}

/** One list for operations that have the same steps, as most of an API have: what calls touch of memory costs them time. */
function listSharer<T>(): (list: readonly T[]) => readonly T[] {
  const known: (readonly T[])[] = []
  return (list) => {
    const found = known.find((each) => each.length === list.length && each.every((one, i) => one === list[i]))
    if (found !== undefined) return found
    if (known.unshift(list) > MAX_SHARED_LISTS) known.pop()
    return list
  }
}

/** Operations of one kind mostly stand together. */
const MAX_SHARED_LISTS = 16

function backendOf(
  { organization, environment }: Revision,
  { api, version, upstream }: RevisionApi,
  upstreams: Upstreams,
  vault: Vault,
): Backend {
  const { origin, pathname } = new URL(upstream.targets[0]?.url ?? '')
  const tls = upstreamTlsOf(upstream, vault)
  return {
    origin,
    // One path for all targets: the model sees to it.
    path: pathname.endsWith('/') ? pathname.slice(0, -1) : pathname,
    balanced: upstreams.prepare(`${organization}/${environment}/${api}/${version}`, upstream, tls),
    tls,
    protocol: upstream.protocol,
  }
}
