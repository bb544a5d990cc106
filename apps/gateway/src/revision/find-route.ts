import type { Method } from '@portcullis/model/contract'
import type { OperationCalled } from '@portcullis/model/decision/decision'
import { normalizePath } from '@portcullis/model/route/normalize-path'
import type { IncomingRequest, MatchedOperation } from '@portcullis/policy-kit/exchange'
import type { BoundStep } from '@portcullis/policy-kit/step/run-steps'
import { type Refuse, type Respond, refuse, respond } from '@portcullis/policy-kit/verdict'
import { gatewayFaults } from '../fault.ts'
import type { Backend, LoadedRevision } from './load-revision.ts'
import { metadataReply } from './protected-resource.ts'

/** Where a request leads: to an operation, or to a refusal once the outer steps have had their say. */
export interface Route {
  readonly steps: readonly BoundStep[]
  readonly preflight: boolean
  readonly match: MatchedOperation | undefined
  /** The operation that matched, as decision records name it. */
  readonly called: OperationCalled | undefined
  readonly end: { readonly backend: Backend; readonly upstreamTarget: string } | Refuse | Respond
}

export function findRoute(loaded: LoadedRevision, request: IncomingRequest): Route {
  const { router } = loaded
  const { method, target } = request
  const queryStart = target.indexOf('?')
  const path = normalizePath(queryStart === -1 ? target : target.slice(0, queryStart))
  if (path === undefined) return nowhere(loaded, refuse(gatewayFaults['malformed-path']()))
  const found = router.match(method as Method, path)
  if (found !== undefined) {
    const { api, operation, called, steps, backend } = found.value
    const query = queryStart === -1 ? '' : target.slice(queryStart)
    return {
      steps,
      preflight: false,
      match: { api, operation, parameters: found.parameters },
      called,
      end: { backend, upstreamTarget: backend.path + path.slice(api.basePath.length) + query },
    }
  }
  const described = method === 'GET' || method === 'HEAD' ? loaded.resources.get(path) : undefined
  if (described !== undefined) return nowhere(loaded, respond(metadataReply(described, method)))
  const asked = preflightMethod(request)
  if (asked !== undefined) return preflight(loaded, asked, path)
  const allowed = router.methodsAt(path)
  if (allowed.length === 0) return nowhere(loaded, refuse(gatewayFaults['no-operation']()))
  return nowhere(
    loaded,
    refuse(gatewayFaults['method-not-allowed'](), { headers: ['Allow', allowed.join(', ')] }),
  )
}

/** A browser's question passes the outer steps of the operation that it asks about and never reaches a backend. */
function preflight(loaded: LoadedRevision, method: string, path: string): Route {
  const found = loaded.router.match(method as Method, path)
  const end = refuse(gatewayFaults['preflight-refused']())
  if (found === undefined) return { ...nowhere(loaded, end), preflight: true }
  const { api, operation, called, outerSteps } = found.value
  const match = { api, operation, parameters: found.parameters }
  return { steps: outerSteps, preflight: true, match, called, end }
}

/** The method that a preflight request (Fetch standard, "CORS-preflight request") asks about. */
function preflightMethod({ method, headers }: IncomingRequest): string | undefined {
  return method === 'OPTIONS' && headers.has('origin')
    ? headers.get('access-control-request-method')
    : undefined
}

function nowhere(loaded: LoadedRevision, end: Refuse | Respond): Route {
  return { steps: loaded.outerSteps, preflight: false, match: undefined, called: undefined, end }
}
