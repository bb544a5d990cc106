import { hash } from 'node:crypto'
import { canonicalJson } from '@portcullis/kernel/json'
import { type AuthzenFacts, authzenFaults } from './contract.ts'
import type { ActionSearch, Evaluation, ResourceSearch, SubjectSearch } from './question.ts'

/** So many candidates are looked at for one answer: it does not keep calls waiting. */
const MAX_CANDIDATES = 250

export interface Found {
  readonly page: { readonly next_token: string; readonly count: number }
  readonly results: readonly object[]
}

interface Candidate {
  readonly result: object
  readonly evaluation: Evaluation
}

type Permits = (evaluation: Evaluation) => boolean

/** Apps that subscribe to something here: who else there is, a gateway does not know. */
export function searchSubjects(asked: SubjectSearch, { revision }: AuthzenFacts, permits: Permits): Found {
  const { type } = asked.subject
  if (type !== 'App') throw authzenFaults['not-searchable']({ detail: `There is no list of ${type}.` })
  const apps = [...new Set(revision.subscriptions.map(({ app }) => app))]
  const candidates = apps.map((id): Candidate => {
    const subject = { type, id, properties: asked.subject.properties }
    return { result: { type, id }, evaluation: { ...asked, subject } }
  })
  return find(asked, candidates, permits)
}

/** API versions that have the action. */
export function searchResources(asked: ResourceSearch, { apis }: AuthzenFacts, permits: Permits): Found {
  const { type } = asked.resource
  if (type !== 'ApiVersion') throw authzenFaults['not-searchable']({ detail: `There is no list of ${type}.` })
  const candidates = [...apis]
    .filter(([, api]) => api.operations.some(({ id }) => id === asked.action.name))
    .map(([id]): Candidate => {
      const resource = { type, id, properties: asked.resource.properties }
      return { result: { type, id }, evaluation: { ...asked, resource } }
    })
  return find(asked, candidates, permits)
}

/** The operations of an API version. */
export function searchActions(asked: ActionSearch, { apis }: AuthzenFacts, permits: Permits): Found {
  const { type, id } = asked.resource
  const api = type === 'ApiVersion' ? apis.get(id) : undefined
  if (api === undefined) {
    throw authzenFaults['not-searchable']({ detail: 'The actions of this resource are not known.' })
  }
  const candidates = api.operations.map(({ id: name }): Candidate => {
    return { result: { name }, evaluation: { ...asked, action: { name, properties: {} } } }
  })
  return find(asked, candidates, permits)
}

/**
 * One page (§8.2). A page may hold fewer than were asked for, even none, and not be the last: `next_token` tells. It says
 * where to go on, and of which search it is: with another it is refused.
 */
function find(
  asked: SubjectSearch | ResourceSearch | ActionSearch,
  candidates: readonly Candidate[],
  permits: Permits,
): Found {
  const { page, ...entities } = asked
  const name = hash('sha256', canonicalJson(entities), 'base64url').slice(0, 22)
  const from = page.token === undefined || page.token === '' ? 0 : placeIn(page.token, name)
  const limit = page.limit ?? MAX_CANDIDATES
  const results: object[] = []
  let at = from
  while (at < candidates.length && at - from < MAX_CANDIDATES && results.length < limit) {
    const { result, evaluation } = candidates[at] as Candidate
    if (permits(evaluation)) results.push(result)
    at++
  }
  const next_token = at < candidates.length ? `${name}.${at}` : ''
  return { page: { next_token, count: results.length }, results }
}

function placeIn(token: string, name: string): number {
  const [of, at = ''] = token.split('.')
  if (of !== name || !/^[0-9]{1,9}$/.test(at)) {
    throw authzenFaults['bad-question']({ detail: 'The token is of another search.' })
  }
  return Number(at)
}
