import type { AppSpec } from '@portcullis/model/resource/app'
import type { StatementCeiling } from '@portcullis/model/resource/registration'
import type { Audience, Directory } from '../directory.ts'

/** Where an app goes beyond its software statement; nothing where it does not. */
export function beyondCeiling(
  { redirectUris }: Pick<AppSpec, 'redirectUris'>,
  ceiling: StatementCeiling,
): string | undefined {
  const beyond = redirectUris.find((each) => ceiling.redirectUris?.includes(each) === false)
  return beyond && `its software statement does not name the redirect URI ${beyond.slice(0, 200)}`
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
