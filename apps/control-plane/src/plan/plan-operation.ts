import type { OperationPlan, PlannedReach, PlanStep } from '@portcullis/api-client/route/revision'
import { type Method, methods } from '@portcullis/model/contract'
import { ofGatewayGroup } from '@portcullis/model/of-gateway-group'
import { DEFAULT_GATEWAY_GROUP } from '@portcullis/model/resource/gateway-group'
import type { Revision, RevisionApi, RevisionOperation } from '@portcullis/model/revision'
import { normalizePath } from '@portcullis/model/route/normalize-path'
import { buildRouter } from '@portcullis/model/route/router'
import type { Catalog } from '@portcullis/policy-kit/policy'
import { arrange, type EffectiveStep } from '@portcullis/policy-kit/step/effective-steps'
import type { Reach } from '@portcullis/policy-kit/step/reach'
import { publishedFaults } from '../gateway/fault.ts'

/** The call whose steps are asked for. */
export interface PlannedCall {
  readonly method: string
  readonly path: string
  /** The gateway group at which it arrives; `default` when absent. */
  readonly group?: string
}

interface Found {
  readonly api: RevisionApi
  readonly operation: RevisionOperation
}

/**
 * The steps of an operation and where each came from, as a gateway runs them. The path is that of a call, or as short
 * as below the base path where only one API version has it.
 */
export function planOperation(catalog: Catalog, published: Revision, call: PlannedCall): OperationPlan {
  const { method, path, group = DEFAULT_GATEWAY_GROUP } = call
  const revision = ofGroup(published, group)
  const { api, operation } = findOperation(revision, method, path)
  const arranged = arrange(catalog, { revision, api, operation })
  return {
    organization: revision.organization,
    environment: revision.environment,
    revision: revision.number,
    group,
    api: api.api,
    version: api.version,
    operation: operation.id,
    method: operation.method,
    path: api.basePath + operation.path,
    security: operation.security,
    steps: arranged.steps.map(described),
    lost: arranged.lost.map(({ lostTo, ...rest }) => ({ ...rest, ...(lostTo !== undefined && { lostTo }) })),
  }
}

function ofGroup(revision: Revision, group: string): Revision {
  const own = ofGatewayGroup(revision, group)
  if (own !== undefined) return own
  const known = revision.groups.map((each) => each.group).join(', ')
  throw publishedFaults['unknown-group']({
    detail: `There is no gateway group "${group}"; there are ${known}.`,
  })
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
    reach: describedReach(step.reach),
    replacedFor: step.replacedFor.map(describedReach),
    config: step.config,
  }
}

function describedReach({ subscribers, when }: Reach): PlannedReach {
  return { ...(subscribers && { subscribers }), ...(when && { when: when.text }) }
}
