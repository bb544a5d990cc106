import { defineFaults } from '@portcullis/kernel/fault'
import { type Issue, z } from '@portcullis/kernel/schema'
import type { Revision, RevisionApi } from '@portcullis/model/revision'
import type { OperationPlace, PolicyContract } from '@portcullis/policy-kit/policy'
import type { Surroundings } from '@portcullis/policy-kit/step/surroundings'

const MAX_BODY_BYTES = 256 * 1024

const config = z.strictObject({
  tellPolicies: z
    .boolean()
    .default(false)
    .describe('Whether an answer names the policies that decided, or what went wrong in them.'),
})
export type AuthzenConfig = z.infer<typeof config>

/** Where each question is asked, below the base path (AuthZEN 1.0 §10.1), and what the metadata call it (§9.1.1). */
export const endpoints = {
  '/access/v1/evaluation': 'access_evaluation_endpoint',
  '/access/v1/evaluations': 'access_evaluations_endpoint',
  '/access/v1/search/subject': 'search_subject_endpoint',
  '/access/v1/search/resource': 'search_resource_endpoint',
  '/access/v1/search/action': 'search_action_endpoint',
} as const
export type Endpoint = keyof typeof endpoints

export interface AuthzenFacts {
  readonly endpoint: Endpoint
  /** The API version that answers. */
  readonly audience: string
  readonly basePath: string
  /** The endpoints that its contract has. */
  readonly offered: readonly Endpoint[]
  readonly revision: Revision
  /** What is asked about: API versions by the id that rules know, `warehouse/v1`. */
  readonly apis: ReadonlyMap<string, RevisionApi>
}

export const authzenFaults = defineFaults('authzen', {
  'bad-question': {
    status: 400,
    title: 'The question cannot be understood',
    remedy: 'Send JSON as the AuthZEN Authorization API 1.0 has it; the detail says what is wrong.',
  },
  'not-searchable': {
    status: 400,
    title: 'Nobody here knows all of these',
    remedy:
      'Search for subjects of the type App, for resources of the type ApiVersion, or for actions on one of these. Of others, ask one by one.',
  },
})

export const authzenContract: PolicyContract<AuthzenConfig, AuthzenFacts> = {
  id: 'authzen',
  summary: 'Answers questions of AuthZEN by the Cedar policies of the organization, for others to enforce.',
  phase: 'answer',
  stacking: 'nearest',
  config,
  faults: authzenFaults,
  body: { need: 'whole', maxBytes: MAX_BODY_BYTES },
  mayFailOpen: false,
  onlyAttached: true,
  derive: authzenFacts,
  objections,
  wellKnown: (_config, facts) => ({ name: 'authzen-configuration', document: metadataOf(facts) }),
}

function isEndpoint(path: string): path is Endpoint {
  return Object.hasOwn(endpoints, path)
}

function authzenFacts({ revision, api, operation }: OperationPlace): AuthzenFacts | undefined {
  if (operation.method !== 'POST' || !isEndpoint(operation.path)) return undefined
  const offered = api.operations.filter(({ method }) => method === 'POST').map(({ path }) => path)
  return {
    endpoint: operation.path,
    audience: api.audience,
    basePath: api.basePath,
    offered: offered.filter(isEndpoint),
    apis: versionsOf(revision),
    revision,
  }
}

const versions = new WeakMap<Revision, ReadonlyMap<string, RevisionApi>>()

function versionsOf(revision: Revision): ReadonlyMap<string, RevisionApi> {
  const known = versions.get(revision)
  if (known !== undefined) return known
  const made = new Map(revision.apis.map((api) => [`${api.api}/${api.version}`, api]))
  versions.set(revision, made)
  return made
}

/** Who may do what is not for everybody to know. */
function objections(_config: AuthzenConfig, { apis }: Surroundings): Issue[] {
  return apis.flatMap(({ name, operations }) =>
    operations
      .filter(({ security }) => security.length === 0 || security.some((each) => isEmpty(each)))
      .map(({ id }) => ({
        path: '',
        message: `the operation "${id}" of ${name} may be called by anybody`,
        remedy: 'Demand a scope in the contract for every operation that answers questions.',
      })),
  )
}

function isEmpty(alternative: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(alternative).length === 0
}

/** AuthZEN 1.0 §9.1. */
function metadataOf({ audience, offered }: AuthzenFacts) {
  return {
    policy_decision_point: audience,
    ...Object.fromEntries(offered.map((path) => [endpoints[path], audience + path])),
  }
}
