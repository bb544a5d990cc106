import { explainDecision, listDecisions, listObserved } from '@portcullis/api-client/route/decision'
import { reportPolicies } from '@portcullis/api-client/route/policy-report'
import { getRevision, planOperation } from '@portcullis/api-client/route/revision'
import type { EventQuery } from '@portcullis/ports/events/port'
import type { ControlPlane } from '../control-plane.ts'
import type { Mount } from './mount.ts'

export function handlePublished(mount: Mount, controlPlane: ControlPlane): void {
  mount(getRevision, async (c) => {
    const { organization, environment, number } = c.req.valid('param')
    const wanted = number === 'live' ? undefined : Number(number)
    const { revision, signed } = await controlPlane.revision(organization, environment, wanted)
    return c.json({ revision, jws: signed.jws }, 200)
  })
  mount(planOperation, async (c) => {
    const { organization, environment } = c.req.valid('param')
    return c.json(await controlPlane.plan(organization, environment, c.req.valid('query')), 200)
  })
  mount(reportPolicies, async (c) => {
    const { organization, environment } = c.req.valid('param')
    return c.json(await controlPlane.reportPolicies(organization, environment, c.req.valid('query')), 200)
  })
  mount(listDecisions, async (c) => {
    const query = queryOf(c.req.valid('query'))
    return c.json(
      { decisions: [...(await controlPlane.decisions(c.req.valid('param').organization, query))] },
      200,
    )
  })
  mount(listObserved, async (c) => {
    const { organization } = c.req.valid('param')
    const refusals = await controlPlane.observed(organization, queryOf(c.req.valid('query')))
    return c.json({ refusals: [...refusals] }, 200)
  })
  mount(explainDecision, async (c) => {
    const { organization, id } = c.req.valid('param')
    return c.json(await controlPlane.explain(organization, id), 200)
  })
}

interface AskedFor {
  readonly [attribute: string]: unknown
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly limit: number
}

function queryOf({ since, until, limit, ...attributes }: AskedFor): EventQuery {
  const given = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined))
  return {
    ...given,
    limit,
    ...(since !== undefined && { since: Date.parse(since) }),
    ...(until !== undefined && { until: Date.parse(until) }),
  }
}
