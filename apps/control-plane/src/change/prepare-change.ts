import type { ResourceChange, RevisionNotice } from '@portcullis/api-client/route/bundle'
import {
  accountLinks,
  contractFiles,
  credentials,
  fetchedLists as fetchedListCollection,
  idOf,
  provisionedUsers,
  registrations,
  resources,
} from '@portcullis/model/collection'
import type { ApiKey } from '@portcullis/model/credential/api-key'
import type { Finding } from '@portcullis/model/finding/finding'
import type { Resource } from '@portcullis/model/resource/resource'
import { type Base, readBase } from '@portcullis/oauth/audit/change-record'
import { forgetUser } from '@portcullis/oauth/sign-in/forget-user'
import { type Change, put, remove, removeWhere, type Store } from '@portcullis/ports/store/port'
import { loadFetchedLists } from '../address-list/fetched-lists.ts'
import { checkAll } from '../check/checks.ts'
import { endingKeys, keysOf } from '../credential/api-keys.ts'
import { type PublishParts, publish } from '../revision/publish.ts'
import { Landscape } from '../state/landscape.ts'
import { homeOf, loadState } from '../state/load-state.ts'
import { type Edit, nextState, organizationsOf, type State } from '../state/state.ts'
import { type CompiledContracts, compileContracts } from './compile-contracts.ts'
import { diffState } from './diff-state.ts'
import { parseConditions } from './parse-conditions.ts'
import { parsePolicySets } from './parse-policy-sets.ts'
import { parseTokenRules } from './parse-token-rules.ts'
import { preparingTokenRules } from './prepare-token-rules.ts'
import { endsApp } from './revoke-removed.ts'

export interface ChangeParts extends PublishParts {
  readonly store: Store
  readonly contracts: CompiledContracts
}

/** A change that was computed and checked, and not yet made. */
export interface PreparedChange {
  readonly base: Base
  readonly changes: readonly ResourceChange[]
  readonly findings: readonly Finding[]
  /** What to commit and what will then be live; nothing when there are errors. */
  readonly commit: readonly Change[]
  readonly revisions: readonly RevisionNotice[]
}

/** Computes the next state, checks all of it, and compiles what will be in force. */
export async function prepareChange(
  parts: ChangeParts,
  edit: Edit,
  extra: ReadonlySet<string> = new Set(),
): Promise<PreparedChange> {
  const base = await readBase(parts.store)
  const organizations = new Set([...organizationsOf(edit), ...extra])
  const stored = await loadState(parts.store, organizations)
  const next = nextState(stored, edit)
  const { contracts, findings: told } = await compileContracts(parts.contracts, next, edit, organizations)
  const conditions = await parseConditions(next, organizations, parts.catalog)
  const policies = await parsePolicySets(next, organizations)
  const tokenConditions = await parseTokenRules(next, organizations)
  const fetchedLists = await loadFetchedLists(parts.store, organizations)
  const parsed = { contracts, conditions, policies, tokenConditions, fetchedLists }
  const landscape = new Landscape({ stored, next, edit, ...parsed, organizations })
  const findings = [...told, ...checkAll(landscape, parts.catalog, parts.nowMillis)]
  const changes = diffState(stored, next)
  if (findings.some((each) => each.severity === 'error')) {
    return { base, changes, findings, commit: [], revisions: [] }
  }
  const publication = await publish(parts, landscape)
  return {
    base,
    changes,
    findings,
    commit: [
      ...changes.flatMap((change) => committing(stored, next, change)),
      ...(await endingKeys(parts.store, await keysOfRemoved(parts.store, changes), parts.nowMillis)),
      ...preparingTokenRules(landscape, changes),
      ...publication.changes,
    ],
    revisions: publication.published.map(({ organization, environment, number }) => {
      return { organization, environment, number }
    }),
  }
}

function committing(stored: State, next: State, change: ResourceChange): Change[] {
  const id = `${change.organization}/${change.kind}/${change.name}`
  const before = stored.resources.get(id)
  const after = next.resources.get(id)
  const contracts = committingContracts(stored, next, before, after)
  if (after !== undefined) {
    return [
      put(resources, homeOf(after), idOf.resource(after.kind, after.name), after),
      // Declaring a user takes it over from a provisioning client.
      ...(after.kind === 'User' ? [remove(provisionedUsers, after.organization, after.name)] : []),
      ...contracts,
    ]
  }
  return [
    remove(resources, homeOf(change), idOf.resource(change.kind, change.name)),
    ...contracts,
    ...committingSecrets(change),
  ]
}

function committingContracts(
  stored: State,
  next: State,
  before: Resource | undefined,
  after: Resource | undefined,
): Change[] {
  const api = after ?? before
  if (api?.kind !== 'Api') return []
  const { organization, name } = api
  const versions = new Set(
    [before, after].flatMap((each) => (each?.kind === 'Api' ? Object.keys(each.spec.versions) : [])),
  )
  return [...versions].flatMap((version): Change[] => {
    const id = idOf.contract(name, version)
    const files = next.contracts.get(`${organization}/${id}`)
    if (files !== undefined) return [put(contractFiles, organization, id, files)]
    return stored.contracts.has(`${organization}/${id}`) ? [remove(contractFiles, organization, id)] : []
  })
}

/** Gateways know them: what they must learn is that these keys are over, not only that nobody speaks of them any more. */
async function keysOfRemoved(store: Store, changes: readonly ResourceChange[]): Promise<ApiKey[]> {
  const removed = changes.filter(endsApp)
  const keys = await Promise.all(removed.map(({ organization, name }) => keysOf(store, organization, name)))
  return keys.flat()
}

/** What was kept for an app or a user goes with it: another of the same name must not find it. */
function committingSecrets({ kind, organization, name }: ResourceChange): Change[] {
  if (kind === 'App') {
    return [removeWhere(credentials, organization, 'app', name), remove(registrations, organization, name)]
  }
  if (kind === 'AddressList') return [remove(fetchedListCollection, organization, name)]
  if (kind === 'User') return forgetUser(organization, name)
  if (kind === 'IdentityProvider') return [removeWhere(accountLinks, organization, 'provider', name)]
  return []
}
