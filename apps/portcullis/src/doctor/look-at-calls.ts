import type { ApiClient } from '@portcullis/api-client/client'
import type { GatewayState } from '@portcullis/api-client/route/gateway'
import { SYSTEM } from '@portcullis/model/collection'
import type { Decision } from '@portcullis/model/decision/decision'
import { careful, type Symptom, well, wrong } from './symptom.ts'

/** A gateway that says nothing for so long is gone, or cannot reach the control plane. */
const SILENT_MILLIS = 7 * 24 * 3_600_000
/** How many of the latest calls are looked at, and which share of them may end badly before it is told. */
const LOOKED_AT = 200
const FEW = 20
const TELLING_SHARE = 0.2

/** Revisions and calls as the control plane knows them. */
export async function lookAtCalls(client: ApiClient, now: number): Promise<Symptom[]> {
  const { gateways } = await client.listGateways()
  const { resources } = await client.listResources({
    params: { organization: SYSTEM },
    query: { kind: 'Organization' },
  })
  const names = resources.map(({ name }) => name).filter((name) => name !== SYSTEM)
  const calls = await Promise.all(
    names.map(async (organization) => {
      const { decisions } = await client.listDecisions({
        params: { organization },
        query: { limit: LOOKED_AT },
      })
      return shareOf(organization, decisions)
    }),
  )
  return [...gateways.flatMap((each) => revisionOf(each, now)), ...calls.flat()]
}

/** Whether a gateway enforces what is published. */
export function revisionOf(
  { gateway, organization, environment, number, live, at }: GatewayState,
  now: number,
): Symptom[] {
  const name = `${organization}/${environment}`
  if (live === undefined) return []
  if (number >= live) return [well(`Gateway ${gateway} enforces ${name}#${number}, the newest.`)]
  // It is forgotten by itself after a month; until then it may be one that was taken away.
  if (now - Date.parse(at) > SILENT_MILLIS) return []
  return [
    wrong(
      `Gateway ${gateway} enforces ${name}#${number}, and #${live} is published.`,
      'If it runs, its log says why: it cannot reach the control plane, or could not load the revision. It goes on with the one it has.',
    ),
  ]
}

/** How the latest calls ended, where too many of them ended badly. */
export function shareOf(organization: string, decisions: readonly Decision[]): Symptom[] {
  const calls = decisions.filter(({ token, ending }) => token === undefined && ending === undefined)
  if (calls.length < FEW) return []
  return (['failed', 'refused'] as const).flatMap((outcome): Symptom[] => {
    const bad = calls.filter((each) => each.outcome === outcome)
    if (bad.length < calls.length * TELLING_SHARE) return []
    const [code, some] = [...Map.groupBy(bad, (each) => each.code ?? 'no code')].toSorted(
      ([, a], [, b]) => b.length - a.length,
    )[0] as [string, Decision[]]
    const revisions = [...new Set(some.map((each) => `${each.environment}#${each.revision}`))].join(', ')
    return [
      careful(
        `Of the last ${calls.length} calls of ${organization} ${bad.length} ${outcome === 'failed' ? 'failed' : 'were refused'}, ${some.length} of them with ${code} (at ${revisions}).`,
        `See why: npx portcullis explain ${some[0]?.id}. After a change that should not have been: docs/how-to/take-a-change-back.md.`,
      ),
    ]
  })
}
