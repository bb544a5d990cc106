import type { ResourceChange } from '@portcullis/api-client/route/bundle'
import { idOf, tokenRules } from '@portcullis/model/collection'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import type { PreparedRuleSet } from '@portcullis/model/token-rules'
import { type Change, put, remove } from '@portcullis/ports/store/port'
import type { Landscape } from '../state/landscape.ts'

/** What the authorization server asks from now on, in organizations whose token rules change. */
export function preparingTokenRules(landscape: Landscape, changes: readonly ResourceChange[]): Change[] {
  const touched = new Set(
    changes.flatMap(({ kind, organization }) => (kind === 'TokenRules' ? [organization] : [])),
  )
  return [...touched].map((organization) => {
    const sets = landscape
      .of('TokenRules')
      .filter((each) => each.organization === organization)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    if (sets.length === 0) return remove(tokenRules, organization, idOf.tokenRules)
    return put(tokenRules, organization, idOf.tokenRules, {
      sets: sets.map((each) => preparedSet(landscape, each)),
    })
  })
}

function preparedSet(landscape: Landscape, { name, spec }: ResourceOf<'TokenRules'>): PreparedRuleSet {
  const { apis, roles = {}, groups = {}, rules, requests } = spec
  return {
    name,
    ...(apis !== undefined && { apis }),
    roles,
    groups,
    ...(requests !== undefined && { requests }),
    rules: rules.map(({ when, ...rule }) => {
      const parsed = when === undefined ? undefined : landscape.tokenCondition(when)
      if (parsed?.ok === false) throw new TypeError(`the condition ${when} was not refused`)
      return { ...rule, ...(parsed !== undefined && { condition: parsed.value }) }
    }),
  }
}
