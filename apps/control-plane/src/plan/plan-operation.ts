import type { OperationPlan, PlanStep } from '@portcullis/api-client/route/revision'
import { type Method, methods } from '@portcullis/model/contract'
import type { Revision, RevisionApi, RevisionOperation } from '@portcullis/model/revision'
import { normalizePath } from '@portcullis/model/route/normalize-path'
import { buildRouter } from '@portcullis/model/route/router'
import { type EffectiveStep, effectiveSteps } from '@portcullis/policy-kit/effective-steps'
import type { Catalog } from '@portcullis/policy-kit/policy'
import { publishedFaults } from '../gateway/fault.ts'

interface Found {
  readonly api: RevisionApi
  readonly operation: RevisionOperation
}

/**
 * The steps of an operation and where each came from, as a gateway runs them. The path is that of a call, or as short
 * as below the base path where only one API version has it.
 */
export function planOperation(
  catalog: Catalog,
  revision: Revision,
  method: string,
  path: string,
): OperationPlan {
  const { api, operation } = findOperation(revision, method, path)
  return {
    organization: revision.organization,
    environment: revision.environment,
    revision: revision.number,
    api: api.api,
    version: api.version,
    operation: operation.id,
    method: operation.method,
    path: api.basePath + operation.path,
    security: operation.security,
    steps: effectiveSteps(catalog, { revision, api, operation }).map(described),
  }
}

function findOperation(revision: Revision, method: string, path: string): Found {
  const known = methods.find((each) => each === method.toUpperCase())
  const normal = normalizePath(path.split('?', 1)[0] ?? '')
  const found = known === undefined || normal === undefined ? [] : matching(revision, known, normal)
  const [first, second] = found
  if (first === undefined) {
    throw publishedFaults['unknown-operation']({ detail: `Nothing matches ${method.toUpperCase()} ${path}.` })
  }
  if (second === undefined) return first
  const candidates = found.slice(0, 5).map(({ api, operation }) => api.basePath + operation.path)
  throw publishedFaults['ambiguous-operation']({ detail: `It could be ${candidates.join(' or ')}.` })
}

function matching(revision: Revision, method: Method, path: string): Found[] {
  const whole = revision.apis.flatMap((api) => lookUp(api, method, path, api.basePath))
  return whole.length > 0 ? whole : revision.apis.flatMap((api) => lookUp(api, method, path, ''))
}

function lookUp(api: RevisionApi, method: Method, path: string, basePath: string): Found[] {
  const routes = api.operations.map((operation) => {
    return { method: operation.method, template: basePath + operation.path, value: { api, operation } }
  })
  const match = buildRouter(routes).match(method, path)
  return match === undefined ? [] : [match.value]
}

function described(step: EffectiveStep): PlanStep {
  const { id, summary, phase } = step.policy.contract
  return {
    policy: id,
    summary,
    phase,
    mode: step.mode,
    failOpen: step.failOpen,
    level: step.level,
    origin: step.origin,
    ...(step.plan && { plan: step.plan }),
    config: step.config,
  }
}
