import { mentionsOfExpression } from '@portcullis/cedar/analysis/mention'
import { timeZoneNamed } from '@portcullis/kernel/time-zone'
import type { Finding } from '@portcullis/model/finding/finding'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import type { TokenRule } from '@portcullis/model/resource/token-rules'
import { isKnownAcr } from '@portcullis/oauth/sign-in/acr'
import type { Landscape } from '../state/landscape.ts'
import { type Check, found } from './check.ts'
import { modelFaults } from './fault.ts'

export const checkTokenRules: Check = (landscape) =>
  landscape
    .of('TokenRules')
    .flatMap((rules) => [
      ...unknownScopes(landscape, rules),
      ...rules.spec.rules.flatMap((rule, i) =>
        objectionsTo(landscape, rules, rule).map((objection) =>
          found(landscape, rules, ['spec', 'rules', i], modelFaults['bad-token-rule'], objection),
        ),
      ),
      ...takenNames(landscape, rules),
    ])

function takenNames(landscape: Landscape, rules: ResourceOf<'TokenRules'>): Finding[] {
  const names = rules.spec.rules.map(({ name }) => name)
  return names.flatMap((name, i) => {
    if (names.indexOf(name) === i) return []
    const at = ['spec', 'rules', i, 'name']
    return [found(landscape, rules, at, modelFaults['bad-token-rule'], `There is another rule "${name}".`)]
  })
}

/** A role that is given a scope which no contract has would never get it, and nobody would notice. */
function unknownScopes(landscape: Landscape, rules: ResourceOf<'TokenRules'>): Finding[] {
  const known = scopesOf(landscape, rules)
  if (known === undefined) return []
  const given = [
    ...Object.entries(rules.spec.roles ?? {}).map(([who, scopes]) => ['roles', who, scopes] as const),
    ...Object.entries(rules.spec.groups ?? {}).map(([who, scopes]) => ['groups', who, scopes] as const),
  ]
  return given.flatMap(([key, who, scopes]) =>
    scopes.flatMap((scope, i) => {
      if (known.has(scope)) return []
      const detail = `No contract that these rules are for declares "${scope}".`
      return [found(landscape, rules, ['spec', key, who, i], modelFaults['unknown-scope'], detail)]
    }),
  )
}

/** Of the APIs that are meant; absent where a contract did not compile, which is told of already. */
function scopesOf(
  landscape: Landscape,
  { organization, spec }: ResourceOf<'TokenRules'>,
): ReadonlySet<string> | undefined {
  const contracts = landscape
    .of('Api')
    .filter((api) => api.organization === organization && spec.apis?.includes(api.name) !== false)
    .flatMap((api) =>
      Object.keys(api.spec.versions).map((version) => landscape.contract(organization, api.name, version)),
    )
  if (contracts.includes(undefined)) return undefined
  return new Set(contracts.flatMap((contract) => Object.keys(contract?.scopes ?? {})))
}

function objectionsTo(
  landscape: Landscape,
  { organization }: ResourceOf<'TokenRules'>,
  { when, outcome }: TokenRule,
): string[] {
  const { acr } = outcome?.stepUp ?? {}
  const strange = acr === undefined || isKnownAcr(acr) ? [] : [`nobody signs in as "${acr}"`]
  if (when === undefined) return strange
  const parsed = landscape.tokenCondition(when)
  if (!parsed.ok) {
    return parsed.problems.map(({ message, help, line = 1, column = 1 }) => {
      return `${message}${help === undefined ? '' : `; ${help}`} (line ${line}, column ${column} of when)`
    })
  }
  const { entities, attributes } = mentionsOfExpression(parsed.value)
  const zones = attributes.flatMap((path) => {
    const [, word, zone] = path.split('.')
    return word === 'zone' && zone !== undefined ? [zone] : []
  })
  return [
    ...strange,
    ...[...new Set(zones)].flatMap((zone) =>
      timeZoneNamed(zone) === undefined ? [`there is no time zone "${zone}"`] : [],
    ),
    ...entities.flatMap(({ type, id }) => {
      const isKind = type === 'Api' || type === 'Environment'
      if (!isKind || landscape.get(type, organization, id) !== undefined) return []
      return [`there is no ${type}::${JSON.stringify(id)}`]
    }),
  ]
}
