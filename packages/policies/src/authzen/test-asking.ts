import { parsePolicies } from '@portcullis/cedar/parse'
import type { RevisionApi, RevisionPolicySet } from '@portcullis/model/revision'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import { bindFor, runThrough, testExchange, testRevision } from '@portcullis/policy-kit/test-kit'
import type { Endpoint } from './contract.ts'
import { authzen } from './policy.ts'

const policy = anyPolicy(authzen)

export function policySet(name: string, text: string, apis?: string[]): RevisionPolicySet {
  const parsed = parsePolicies(text)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const policies = parsed.value.map(({ id, policy }) => ({ id, policy })) as RevisionPolicySet['policies']
  return { policySet: name, ...(apis && { apis }), policies }
}

/** A Wednesday, noon in Berlin. */
export const NOON = Date.UTC(2026, 6, 1, 10)

/** An API version with these operations. */
export function api(name: string, operations: string[], more: Partial<RevisionApi> = {}): RevisionApi {
  const [first] = testRevision().apis
  if (first === undefined) throw new RangeError('there is no API')
  return {
    ...first,
    api: name,
    basePath: `/${name}/v1`,
    audience: `https://api.example/${name}/v1`,
    operations: operations.map((id) => ({
      id,
      method: 'GET',
      path: `/${id}`,
      security: [{ login: [] }],
      policies: [],
    })),
    ...more,
  }
}

export interface Asking {
  readonly policySets?: RevisionPolicySet[]
  readonly apis?: RevisionApi[]
  readonly apps?: string[]
  readonly config?: { readonly tellPolicies: boolean }
  readonly headers?: Readonly<Record<string, string>>
}

/** Asks an endpoint; answers with the status, the body and the fields of the reply. */
export async function ask(
  endpoint: Endpoint,
  question: unknown,
  { policySets = [], apis = [], apps = [], config, headers = {} }: Asking = {},
) {
  const asked = api('authzen', [], {
    operations: [{ id: 'ask', method: 'POST', path: endpoint, security: [{ login: ['ask'] }], policies: [] }],
  })
  const revision = testRevision({
    apis: [asked, ...apis],
    policySets,
    subscriptions: apps.map((app) => ({
      subscription: app,
      app,
      product: 'shop',
      plan: 'gold',
      apis: [],
      scopes: [],
    })),
  })
  const x = testExchange({ revision, headers, receivedAt: NOON })
  const body = new TextEncoder().encode(typeof question === 'string' ? question : JSON.stringify(question))
  Object.assign(x.request, { body })
  const { reply } = await runThrough(bindFor(policy, config === undefined ? {} : { config }, x), x)
  const told = JSON.parse(new TextDecoder().decode(reply.body as Uint8Array)) as Record<string, unknown>
  return { status: reply.status, body: told, headers: reply.headers, x }
}
