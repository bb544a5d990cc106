import type { Operation } from '@portcullis/cedar/analysis/operation'
import { ofGatewayGroup } from '@portcullis/model/of-gateway-group'
import type { Revision } from '@portcullis/model/revision'
import { cedarOperationOf } from '@portcullis/policy-kit/condition/cedar-operation'
import type { OperationPlace } from '@portcullis/policy-kit/policy'

/** An operation, and where it is served. */
export interface ServedOperation {
  /** One for each gateway group that serves it. */
  readonly places: readonly OperationPlace[]
  readonly api: OperationPlace['api']
  readonly operation: OperationPlace['operation']
  /** As Cedar sees it. */
  readonly asked: Operation
}

/** Every operation that some gateway of the environment serves. */
export function servedOperations(revision: Revision): ServedOperation[] {
  const groups = revision.groups.map(({ group }) => ({ group, revision: ofGatewayGroup(revision, group) }))
  return revision.apis.flatMap((api) => {
    const serving = groups.flatMap(({ group, revision: own }) =>
      own !== undefined && (api.groups?.includes(group) ?? true) ? [own] : [],
    )
    return api.operations.map((operation) => ({
      places: serving.map((own) => ({ revision: own, api, operation })),
      api,
      operation,
      asked: cedarOperationOf({ revision, api, operation }),
    }))
  })
}
