import { isDeepStrictEqual } from 'node:util'

/** One thing that is asked for or was allowed, beyond what scopes can say (RFC 9396 §2). */
export interface AuthorizationDetail {
  readonly type: string
  readonly [name: string]: unknown
}

/**
 * What is asked for again of what was allowed (RFC 9396 §6): each must have been allowed just so, because nobody but the API
 * knows what is less than something else. Everything where nothing is named; `undefined` where something goes beyond.
 */
export function withinAllowed(
  allowed: readonly AuthorizationDetail[],
  asked: readonly AuthorizationDetail[] | undefined,
): readonly AuthorizationDetail[] | undefined {
  if (asked === undefined) return allowed
  const isWithin = asked.every((each) => allowed.some((one) => isDeepStrictEqual(one, each)))
  return isWithin ? asked : undefined
}

/** Keywords that run texts of the schema's author over texts of the caller, or fetch something. */
const REFUSED_KEYWORDS = ['pattern', 'patternProperties', 'format', '$dynamicRef', '$id', '$schema']
const MAX_DEPTH = 32

/** Why a schema is not taken, beside what a validator says of it. */
export function wrongWithDetailSchema(schema: unknown, depth = 0): string | undefined {
  if (depth > MAX_DEPTH) return `it is more than ${MAX_DEPTH} deep`
  if (typeof schema !== 'object' || schema === null) return undefined
  for (const [key, value] of Object.entries(schema)) {
    const isKeyword = !Array.isArray(schema) && typeof value === 'string'
    if (
      !Array.isArray(schema) &&
      REFUSED_KEYWORDS.includes(key) &&
      (isKeyword || key === 'patternProperties')
    ) {
      return `"${key}" is not taken in it`
    }
    if (key === '$ref' && !String(value).startsWith('#/')) return '"$ref" must lead to a place in itself'
    const wrong = wrongWithDetailSchema(value, depth + 1)
    if (wrong !== undefined) return wrong
  }
  return undefined
}
