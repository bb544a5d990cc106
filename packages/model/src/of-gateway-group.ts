import type { Revision } from './revision.ts'

/**
 * What gateways of one group enforce of a revision: the APIs that the group serves, and of the groups' attachments its
 * own. `undefined` where the revision does not know the group: what it would have to enforce can't be told.
 */
export function ofGatewayGroup(revision: Revision, group: string): Revision | undefined {
  const own = revision.groups.filter((each) => each.group === group)
  if (own.length === 0) return undefined
  const apis = revision.apis.filter(({ groups }) => groups === undefined || groups.includes(group))
  return { ...revision, groups: own, apis }
}
