import type { AppSpec } from '@portcullis/model/resource/app'
import { registrableGrant, type StatementCeiling } from '@portcullis/model/resource/registration'
import type { Audience, Directory } from '../directory.ts'

/** Where an app goes beyond its software statement: with which member of its `spec`, for its developer. */
export interface Beyond {
  readonly member: 'redirectUris' | 'grants'
  readonly description: string
}

/** Nothing where it does not. Of grants those count that apps can have by registering: the others are for people to give. */
export function beyondCeiling(
  { redirectUris, grants }: Pick<AppSpec, 'redirectUris' | 'grants'>,
  ceiling: StatementCeiling,
): Beyond | undefined {
  const uri = redirectUris.find((each) => ceiling.redirectUris?.includes(each) === false)
  if (uri !== undefined) {
    const description = `its software statement does not name the redirect URI ${uri.slice(0, 200)}`
    return { member: 'redirectUris', description }
  }
  const grant = registrableGrant.options.find((each) => {
    return grants.includes(each) && ceiling.grants?.includes(each) === false
  })
  if (grant === undefined) return undefined
  return { member: 'grants', description: `its software statement does not name the grant ${grant}` }
}

/** Scopes that a subscription offers and the statement of its app does not allow. */
export function scopesBeyondCeiling(
  scopes: readonly string[],
  { allowedScopes }: StatementCeiling,
): string[] {
  return allowedScopes === undefined ? [] : scopes.filter((each) => !allowedScopes.includes(each))
}

/** The directory in which every app has only what its statement allows, by the name of the app. */
export function narrowToCeilings(
  directory: Directory,
  ceilings: ReadonlyMap<string, StatementCeiling>,
): Directory {
  if (ceilings.size === 0) return directory
  const audiences = [...directory.audiences].map(
    ([name, audience]) => [name, narrowAudience(audience, ceilings)] as const,
  )
  return { audiences: new Map(audiences) }
}

function narrowAudience(audience: Audience, ceilings: ReadonlyMap<string, StatementCeiling>): Audience {
  const subscribers = new Map(audience.subscribers)
  for (const [app, scopes] of audience.subscribers) {
    const ceiling = ceilings.get(app)
    if (ceiling === undefined) continue
    const beyond = scopesBeyondCeiling([...scopes], ceiling)
    if (ceiling.audience?.includes(audience.audience) === false) subscribers.delete(app)
    else subscribers.set(app, new Set([...scopes].filter((each) => !beyond.includes(each))))
  }
  return { ...audience, subscribers }
}
